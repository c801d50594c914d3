import { ConfigError, authorityIn, variablesIn, type Environment } from '@edgeflow/configuration';
import type { EventLogOptions } from '../types.js';
import { addressFault, isInboxWord } from './credentials.js';

/** The environment variables that say as whom and how NATS is reached, beside `NATS_URL`; each may be a file: `NATS_PASSWORD_FILE`. */
const ACCESS = ['NATS_USER', 'NATS_PASSWORD', 'NATS_CA_FILE', 'NATS_API_PREFIX'] as const;

/** `NATS_CA_FILE`: the authority of the servers' certificates, PEM. `NATS_API_PREFIX`: what the JetStream API's subjects begin with. */
export type NatsEnvironment = Readonly<Partial<Record<(typeof ACCESS)[number], string | undefined>>>;

/** The same as options. @throws ConfigError when a file cannot be read, a user can have no inbox, or a password has no user */
export function natsAccess(env: NatsEnvironment): Pick<EventLogOptions, 'user' | 'password' | 'ca' | 'api_prefix'> {
  const { NATS_USER, NATS_PASSWORD, NATS_CA_FILE, NATS_API_PREFIX } = variablesIn(env, ACCESS);
  if (NATS_PASSWORD && !NATS_USER) throw new ConfigError(['NATS_USER is missing: NATS_PASSWORD is given']);
  if (NATS_USER && !isInboxWord(NATS_USER)) {
    throw new ConfigError(['NATS_USER is wrong: must be letters, digits, _ and -, since its inbox is named after it']);
  }
  return {
    ...(NATS_USER && { user: NATS_USER, password: NATS_PASSWORD ?? '' }),
    ...(NATS_CA_FILE && { ca: authorityIn('NATS_CA_FILE', NATS_CA_FILE) }),
    ...(NATS_API_PREFIX && { api_prefix: NATS_API_PREFIX }),
  };
}

/** Why a text does not say where NATS is, as `NATS_URL` does; undefined when it does. Never repeats it. */
export function natsUrlFault(servers: string): string | undefined {
  return servers
    .split(',')
    .map(addressFault)
    .find((fault) => fault !== undefined);
}

/** Where NATS is, of `NATS_URL`; undefined when it is not given. @throws ConfigError */
export function natsServers(env: Environment): string | undefined {
  const { NATS_URL } = variablesIn(env, ['NATS_URL']);
  const fault = NATS_URL === undefined ? undefined : natsUrlFault(NATS_URL);
  if (fault !== undefined) throw new ConfigError([`NATS_URL is wrong: ${fault}`]);
  return NATS_URL;
}
