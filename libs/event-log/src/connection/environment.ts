import { readFileSync } from 'node:fs';
import type { EventLogOptions } from '../types.js';

/** The environment variables that say as whom and how NATS is reached, beside `NATS_URL`. */
export interface NatsEnvironment {
  NATS_USER?: string | undefined;
  NATS_PASSWORD?: string | undefined;
  /** The authority of the servers' certificates, PEM. */
  NATS_CA_FILE?: string | undefined;
  /** What the JetStream API's subjects begin with. */
  NATS_API_PREFIX?: string | undefined;
}

/** The same as options. @throws Error of one line when the CA cannot be read, or a password has no user */
export function natsAccess(env: NatsEnvironment): Pick<EventLogOptions, 'user' | 'password' | 'ca' | 'api_prefix'> {
  const { NATS_USER, NATS_PASSWORD, NATS_CA_FILE, NATS_API_PREFIX } = env;
  if (NATS_PASSWORD && !NATS_USER) throw new Error('NATS_USER must be set when NATS_PASSWORD is');
  return {
    ...(NATS_USER && { user: NATS_USER, password: NATS_PASSWORD ?? '' }),
    ...(NATS_CA_FILE && { ca: authorityIn(NATS_CA_FILE) }),
    ...(NATS_API_PREFIX && { api_prefix: NATS_API_PREFIX }),
  };
}

function authorityIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`NATS_CA_FILE cannot be read: ${String(cause)}`, { cause });
  }
}
