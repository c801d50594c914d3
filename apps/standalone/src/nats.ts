import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, freePort, startNatsServer, type RunningNats } from '@edgeflow/embedded';
import { API_PREFIX, JetStreamLog, LOG_ACCOUNT, PROVISIONER, serverAccounts } from '@edgeflow/event-log';
import { systemClock } from '@edgeflow/runtime';
import { ORGS } from './home/credentials.js';
import { restartWhenStuck } from './nats-recovery.js';
import type { Home } from './home/home.js';
import { natsUsers, rightsOfHome, writeUserUrls } from './home/nats-users.js';
import { streamSettings } from './stream-settings.js';
import type { Supervision } from './supervision.js';

/** The log's server: somebody else's, of which the environment says all, or ours with its users. */
export interface Nats {
  /** Without a secret. */
  url: string;
  own?: OwnNats;
}

interface OwnNats {
  /** The authority of its certificate, a path. */
  ca: string;
  /** Where the URLs of teams and tools are. */
  users: string;
  api_prefix: string;
  /** @throws Error when there is no such user */
  passwordOf: (user: string) => string;
}

const DAY_MS = 86_400_000;
/** The certificate lives 90 days; an interval of Node may be 24.8 days at most. */
const CERTIFICATE_MS = 24 * DAY_MS;

/**
 * Our own server: TLS, a user for every service, for each organization's teams and for tools that read; and the streams on it.
 * @param wanted its port, taken when nobody has it; 0 takes any free one
 * @throws Error of one line when it does not start
 */
export async function startNats(home: Home, supervision: Supervision, wanted: number): Promise<Nats> {
  const port = await freePort(wanted === 0 ? undefined : wanted);
  const url = `tls://127.0.0.1:${port}`;
  const authority = await createAuthority(home.path);
  const passwordOf = await natsUsers(home);
  const accounts = serverAccounts(rightsOfHome(), passwordOf);
  await adoptStore(home);
  let server: RunningNats | undefined;
  await supervision.keep({ name: 'nats-server', url }, async () => {
    const certificate = await authority.issue();
    server = await startNatsServer({ dir: home.in('nats'), port, accounts, certificate });
    return server;
  });
  supervision.onStop(restartWhenStuck(home.in('nats'), () => server, supervision.console));
  // One that is just starting again shows a new one anyway.
  const renew = async (): Promise<void> => server?.renew(await authority.issue());
  systemClock.every(CERTIFICATE_MS, () => void renew().catch(() => undefined), { ref: false });
  await JetStreamLog.provision({
    servers: url,
    name: 'standalone',
    user: PROVISIONER,
    password: passwordOf(PROVISIONER),
    ca: authority.ca,
    ...streamSettings(process.env),
    organizations: ORGS,
  });
  await writeUserUrls(home, `127.0.0.1:${port}`, passwordOf);
  return { url, own: { ca: authority.ca_path, users: home.in('nats-users'), api_prefix: API_PREFIX, passwordOf } };
}

/** A home from before there were users has its streams in the server's default account: they become the log account's. */
async function adoptStore(home: Home): Promise<void> {
  const store = home.in('nats', 'jetstream', 'jetstream');
  if (existsSync(join(store, '$G')) && !existsSync(join(store, LOG_ACCOUNT))) {
    await rename(join(store, '$G'), join(store, LOG_ACCOUNT));
  }
}
