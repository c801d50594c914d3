import { natsAccess, type EventLogOptions } from '@edgeflow/event-log';
import { plainToInstance } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateBy,
  validateSync,
  type ValidationError,
} from 'class-validator';
import { isIP } from 'node:net';
import { AuthConfig } from './auth-config.js';
import { Numeric } from './numeric.js';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Names of networks that Fastify's `trustProxy` knows. */
const NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

function isProxy(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const most = isIP(address) === 6 ? 128 : 32;
  const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return NETWORKS.includes(entry) || (isIP(address) > 0 && isNetwork && rest.length === 0);
}

const ProxyList = (): PropertyDecorator =>
  ValidateBy({
    name: 'proxies',
    validator: {
      validate: (value) => typeof value === 'string' && value.split(',').every((entry) => isProxy(entry.trim())),
      defaultMessage: () => `must be addresses, networks (10.0.0.0/8) or ${NETWORKS.join(', ')}, separated by commas`,
    },
  });

/** What every service reads from its environment; a service's own class extends it. Property names are variable names. */
export class ServiceConfig extends AuthConfig {
  /** The address to listen on. */
  @IsString() HOST = '127.0.0.1';
  /** The port to listen on; 0 takes a free one. */
  @Numeric() @IsInt() @Min(0) @Max(65_535) PORT = 0;
  /** Certificate (with its chain) and key, PEM: with them the service listens with TLS itself. */
  @IsOptional() @IsString() TLS_CERT_FILE?: string;
  @IsOptional() @IsString() TLS_KEY_FILE?: string;
  @IsIn(LEVELS) LOG_LEVEL = 'info';
  /** Where the event log is: `nats://host:port` or `tls://host:port`, several separated by commas. */
  @IsString() @Matches(/^[^\s]+$/) NATS_URL!: string;
  /** The service's own user, which may do what docs/nats-rights.md says. */
  @IsOptional() @IsString() NATS_USER?: string;
  @IsOptional() @IsString() NATS_PASSWORD?: string;
  /** The authority of the servers' certificates, PEM; given, the connection is in TLS. */
  @IsOptional() @IsString() NATS_CA_FILE?: string;
  /** What the JetStream API's subjects begin with, where the log is imported from another account: EDGEFLOW.API. */
  @IsOptional() @Matches(/^[\w$-]+(\.[\w$-]+)*$/) NATS_API_PREFIX?: string;
  /** Copies of every event: 1 on one machine, 3 in production. */
  @Numeric() @IsInt() @Min(1) @Max(5) EVENT_LOG_REPLICAS = 1;
  /** Size at which the log refuses new events, in bytes; the default is the event log's. */
  @IsOptional() @Numeric() @IsInt() @Min(1) EVENT_LOG_MAX_BYTES?: number;
  /** What the callers and devices of one organization may have written in a minute by this service: events, and bytes. */
  @Numeric() @IsInt() @Min(1) ORG_EVENTS_PER_MINUTE = 300_000;
  @Numeric() @IsInt() @Min(1) ORG_BYTES_PER_MINUTE = 268_435_456;
  /** Requests that one caller may make in a minute. */
  @Numeric() @IsInt() @Min(1) RATE_LIMIT_PER_MINUTE = 60_000;
  /** Whose `X-Forwarded-For` says where a request comes from: addresses and networks, separated by commas. */
  @ProxyList() TRUSTED_PROXIES = 'loopback';
  /** Where clients reach the common origin, for the API description: `https://localhost:8443`. */
  @IsOptional() @IsUrl({ require_tld: false, require_protocol: true }) PUBLIC_URL?: string;
}

/** How the service called `name` reaches the event log, as `EventLog.connect` takes it. @throws ConfigError */
export function eventLogOptions(config: ServiceConfig, name: string): EventLogOptions {
  const { NATS_URL, EVENT_LOG_REPLICAS, EVENT_LOG_MAX_BYTES } = config;
  return {
    servers: NATS_URL,
    name,
    ...accessOf(config),
    replicas: EVENT_LOG_REPLICAS,
    budget: { events_per_minute: config.ORG_EVENTS_PER_MINUTE, bytes_per_minute: config.ORG_BYTES_PER_MINUTE },
    ...(EVENT_LOG_MAX_BYTES && { max_bytes: EVENT_LOG_MAX_BYTES }),
  };
}

function accessOf(config: ServiceConfig): ReturnType<typeof natsAccess> {
  try {
    return natsAccess(config);
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)]);
  }
}

/** The environment does not hold what the service needs: one line per variable, without its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}

function lineOf({ property, value, constraints }: ValidationError): string {
  const name = new RegExp(`^${property} `);
  const reasons = Object.values(constraints ?? {}).map((reason) => reason.replace(name, ''));
  return `${property} is ${value === undefined ? 'missing' : 'wrong'}: ${reasons.join(', ')}`;
}

/** Blanks around a value are a slip of the editor, and an empty value means "not set". */
function given(env: NodeJS.ProcessEnv): Record<string, string> {
  const trimmed = Object.entries(env).map(([name, value]) => [name, value?.trim()] as const);
  return Object.fromEntries(trimmed.filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/**
 * The service's configuration, read once at start.
 * @param ConfigClass decorated with class-validator; its property names are the names of environment variables
 * @throws ConfigError that names each missing or wrong variable in a line of its own, never its value
 */
export function readConfig<T extends object>(ConfigClass: new () => T, env: NodeJS.ProcessEnv = process.env): T {
  const config = plainToInstance(ConfigClass, given(env), { exposeDefaultValues: true });
  const errors = validateSync(config, { whitelist: true });
  if (errors.length > 0) throw new ConfigError(errors.map(lineOf));
  return config;
}
