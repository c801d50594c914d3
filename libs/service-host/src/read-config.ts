import { ConfigError, variablesIn } from '@edgeflow/configuration';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';

/**
 * The service's configuration, read once at start. Each variable may be given as a file: `NATS_PASSWORD_FILE`.
 * @param ConfigClass decorated with class-validator; its property names are the names of environment variables
 * @throws ConfigError that names each missing or wrong variable in a line of its own, never its value
 */
export function readConfig<T extends object>(ConfigClass: new () => T, env: NodeJS.ProcessEnv = process.env): T {
  const given = variablesIn(env, namesIn(ConfigClass));
  const config = plainToInstance(ConfigClass, given, { exposeDefaultValues: true });
  const errors = validateSync(config, { whitelist: true });
  if (errors.length > 0) throw new ConfigError(errors.map(lineOf));
  return config;
}

function namesIn(ConfigClass: new () => object): Set<string> {
  const declared = getMetadataStorage().getTargetValidationMetadatas(ConfigClass, '', false, false);
  return new Set(declared.map(({ propertyName }) => propertyName));
}

function lineOf({ property, value, constraints }: ValidationError): string {
  const name = new RegExp(`^${property} `);
  const reasons = Object.values(constraints ?? {}).map((reason) => reason.replace(name, ''));
  return `${property} is ${value === undefined ? 'missing' : 'wrong'}: ${reasons.join(', ')}`;
}
