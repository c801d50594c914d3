import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { replaceDurably } from '../files/durable-files.js';
import { freePort } from '../process/ports.js';
import { startServer, type RunningServer } from '../process/server-process.js';
import type { ServerCertificate } from '../tls/authority.js';
import { StoreFailures } from './store-failures.js';
import { findNatsServer } from './find-nats-server.js';

export interface NatsServerOptions {
  /** Its configuration, log, pid file and store. */
  dir: string;
  /** Default: any free one. */
  port?: number;
  /**
   * How often what was acknowledged is forced to the disk: a kill of the server loses nothing in any case, a power cut
   * at most this much. Default `always`, before it is acknowledged (ADR 0027).
   */
  sync_interval?: string;
  /** The server's `accounts`, with their users; without them everybody may do everything. */
  accounts?: Readonly<Record<string, unknown>>;
  /** What the server shows its clients, which must then speak TLS. */
  certificate?: ServerCertificate;
}

export interface RunningNats extends RunningServer {
  /** Shows another certificate from now on; connections stay. */
  renew(certificate: ServerCertificate): Promise<void>;
  /** True when a write has failed since the last call, or none can succeed any more. */
  hasFailedToStore(): Promise<boolean>;
}

const READY_MS = 30_000;
/** Where its output goes (`startServer`). */
const LOG = 'server.log';
const CERTIFICATE = 'server.crt';
const KEY = 'server.key';
/** How long a client may take for the handshake, in seconds; the server's default of 2 is short on a busy laptop. */
const TLS_S = 10;

/**
 * A nats-server with JetStream on the loopback interface.
 * @throws Error of one line when there is no fit server or it does not start, with the end of its log
 */
export async function startNatsServer(options: NatsServerOptions): Promise<RunningNats> {
  const dir = resolve(options.dir);
  const command = await findNatsServer();
  await mkdir(dirname(dir), { recursive: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const config = join(dir, 'nats-server.conf');
  if (options.certificate) await keep(dir, options.certificate);
  await replaceDurably(config, configOf({ ...options, dir, port: options.port ?? (await freePort()) }));
  const failures = await StoreFailures.from(join(dir, LOG));
  const portsFile = (pid: number): string => join(dir, `nats-server_${pid}.ports`);
  const server = await startServer(
    { name: 'nats-server', command, args: ['-c', config], dir, stop_signal: 'SIGTERM' },
    (pid) => clientUrlIn(portsFile(pid)),
    READY_MS,
  );
  const { pid, exited, stop, found } = server;
  await rm(portsFile(pid), { force: true });
  const { port } = new URL(found);
  return {
    ...{ pid, exited, stop, port: Number(port) },
    url: `${options.certificate ? 'tls' : 'nats'}://127.0.0.1:${port}`,
    renew: async (certificate) => {
      await keep(dir, certificate);
      process.kill(pid, 'SIGHUP');
    },
    hasFailedToStore: () => failures.look(),
  };
}

async function keep(dir: string, { cert, key }: ServerCertificate): Promise<void> {
  await replaceDurably(join(dir, KEY), key);
  await replaceDurably(join(dir, CERTIFICATE), cert);
}

/** JSON is a subset of the server's configuration language, and quotes paths rightly. */
function configOf({ dir, port, sync_interval = 'always', accounts, certificate }: NatsServerOptions): string {
  return JSON.stringify(
    {
      server_name: 'edgeflow',
      host: '127.0.0.1',
      port,
      // The server writes a file into this directory once it accepts connections.
      ports_file_dir: dir,
      jetstream: { store_dir: join(dir, 'jetstream'), sync_interval },
      ...(accounts && { accounts }),
      ...(certificate && { tls: { cert_file: join(dir, CERTIFICATE), key_file: join(dir, KEY), timeout: TLS_S } }),
    },
    undefined,
    2,
  );
}

async function clientUrlIn(portsFile: string): Promise<string | undefined> {
  try {
    const { nats } = JSON.parse(await readFile(portsFile, 'utf8')) as { nats?: string[] };
    return nats?.[0];
  } catch {
    // Not there yet, or half written.
    return undefined;
  }
}
