import { isIP } from 'node:net';
import { natsAccess, natsUrlFault, type EventLogOptions } from '@edgeflow/event-log';
import { IsIn, IsInt, IsOptional, Matches, Max, Min, ValidateBy, ValidateIf } from 'class-validator';
import { AuthConfig } from './auth-config.js';
import { Certificates, HttpUrl, NoFault } from './no-fault.js';
import { Numeric } from './numeric.js';
import { tlsCertificateFault, tlsKeyFault, type TlsFiles } from './tls.js';

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

const hasOwnTls = ({ TLS_CERT_FILE, TLS_KEY_FILE }: TlsFiles) => (TLS_CERT_FILE ?? TLS_KEY_FILE) !== undefined;
const hasTls = (files: TlsFiles) => hasOwnTls(files) || files.TLS_CLIENT_CA_FILE !== undefined;

function passwordFault(_password: string, { NATS_USER }: ServiceConfig): string | undefined {
  return NATS_USER === undefined ? 'NATS_USER must be given with it' : undefined;
}

/** What every service reads from its environment; a service's own class extends it. Property names are variable names. */
export class ServiceConfig extends AuthConfig {
  /** The address to listen on. */
  @Matches(/^[\w.:%-]+$/, { message: 'must be an address or the name of a host' }) HOST = '127.0.0.1';
  /** The port to listen on; 0 takes a free one. */
  @Numeric() @IsInt() @Min(0) @Max(65_535) PORT = 0;
  /** Certificate (with its chain) and key, PEM: with them the service listens with TLS itself. */
  @ValidateIf(hasTls) @NoFault(tlsCertificateFault) TLS_CERT_FILE?: string;
  @ValidateIf(hasOwnTls) @NoFault(tlsKeyFault) TLS_KEY_FILE?: string;
  @IsIn(LEVELS) LOG_LEVEL = 'info';
  /** Where the event log is: `nats://host:port` or `tls://host:port`, several separated by commas. */
  @NoFault(natsUrlFault) NATS_URL!: string;
  /** The service's own user, which may do what docs/nats-rights.md says. */
  @IsOptional() @Matches(/^[\w-]+$/, { message: 'must be letters, digits, _ and -' }) NATS_USER?: string;
  @IsOptional() @NoFault(passwordFault) NATS_PASSWORD?: string;
  /** The authority of the servers' certificates, PEM; given, the connection is in TLS. */
  @IsOptional() @Certificates() NATS_CA_FILE?: string;
  /** What the JetStream API's subjects begin with, where the log is imported from another account: EDGEFLOW.API. */
  @IsOptional()
  @Matches(/^[\w$-]+(\.[\w$-]+)*$/, { message: 'must be a subject, like JS.hub.API' })
  NATS_API_PREFIX?: string;
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
  @IsOptional() @HttpUrl() PUBLIC_URL?: string;
}

/** How the service called `name` reaches the event log, as `JetStreamLog.connect` takes it. @throws ConfigError */
export function eventLogOptions(config: ServiceConfig, name: string): EventLogOptions {
  const { NATS_URL, EVENT_LOG_REPLICAS, EVENT_LOG_MAX_BYTES } = config;
  return {
    servers: NATS_URL,
    name,
    ...natsAccess(config),
    replicas: EVENT_LOG_REPLICAS,
    budget: { messages: config.ORG_EVENTS_PER_MINUTE, bytes: config.ORG_BYTES_PER_MINUTE },
    ...(EVENT_LOG_MAX_BYTES && { max_bytes: EVENT_LOG_MAX_BYTES }),
  };
}
