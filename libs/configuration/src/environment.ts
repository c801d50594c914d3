import { ConfigError } from './config-error.js';
import { NoValue, valueIn } from './value-file.js';

/** Variables by name: `process.env`, or an object that was read from it. */
export type Environment = Readonly<Record<string, string | undefined>>;

const FILE = '_FILE';
/** Taken as they are: a blank may be part of one. Around any other value blanks are a slip of the editor. */
const SECRET = /_(PASSWORD|SECRET_ACCESS_KEY)$/;

/**
 * The values of these variables, each given by itself or by `{name}_FILE`, a file that holds it (docker secrets, mounted Secrets). A name
 * that ends in `_FILE` itself is a path and stays one. An empty value means "not given".
 * @returns those that are given; passwords and secret keys unchanged, all others without the blanks around them
 * @throws ConfigError with a line for each that is given twice, or whose file holds no value; never with a value
 */
export function variablesIn(env: Environment, names: Iterable<string>): Partial<Record<string, string>> {
  const found: Partial<Record<string, string>> = {};
  const faults: string[] = [];
  for (const name of names) {
    try {
      const value = trimmed(name, valueOf(env, name));
      if (value) found[name] = value;
    } catch (error) {
      if (!(error instanceof NoValue)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return found;
}

function valueOf(env: Environment, name: string): string | undefined {
  const path = name.endsWith(FILE) ? undefined : env[name + FILE]?.trim();
  if (!path) return env[name];
  if (env[name]) throw new NoValue(`${name} and ${name}${FILE} are both given: leave one of them out`);
  try {
    return valueIn(path);
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
    throw new NoValue(`${name}${FILE} is wrong: ${error.message}`);
  }
}

function trimmed(name: string, value: string | undefined): string | undefined {
  return SECRET.test(name) ? value : value?.trim();
}
