import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { replaceDurably } from '../files/durable-files.js';
import { freePort } from '../process/ports.js';
import type { RunningServer } from '../process/running-server.js';
import { ServerProcess } from '../process/server-process.js';
import type { ServerCertificate } from '../tls/authority.js';
import { StoreFailures } from './store-failures.js';
import { findNatsServer } from './find-nats-server.js';

export interface NatsServerOptions {
  /** Its configuration, log, pid file and store. */
  dir: string;
  /** Default: what findNatsServer finds. */
  bin?: string;
  /** Default: any free one. */
  port?: number;
  /** Where JetStream keeps its streams; default `<dir>/jetstream`. */
  store_dir?: string;
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
/** Where its output goes (`ServerProcess`). */
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
  const bin = options.bin ?? (await findNatsServer());
  await mkdir(dirname(dir), { recursive: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const config = join(dir, 'nats-server.conf');
  if (options.certificate) await keep(dir, options.certificate);
  await replaceDurably(config, configOf({ ...options, dir, port: options.port ?? (await freePort()) }));
  const failures = await StoreFailures.from(join(dir, LOG));
  const server = await ServerProcess.start({
    name: 'nats-server',
    command: bin,
    args: ['-c', config],
    dir,
    stop_signal: 'SIGTERM',
  });
  const portsFile = join(dir, `nats-server_${server.pid}.ports`);
  const url = await server.ready(() => clientUrlIn(portsFile), READY_MS);
  await rm(portsFile, { force: true });
  const { pid, exited } = server;
  const { port } = new URL(url);
  const renew = async (certificate: ServerCertificate): Promise<void> => {
    await keep(dir, certificate);
    process.kill(pid, 'SIGHUP');
  };
  const hasFailedToStore = (): Promise<boolean> => failures.look();
  const scheme = options.certificate ? 'tls' : 'nats';
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port: Number(port),
    pid,
    exited,
    stop: () => server.stop(),
    renew,
    hasFailedToStore,
  };
}

async function keep(dir: string, { cert, key }: ServerCertificate): Promise<void> {
  await replaceDurably(join(dir, KEY), key);
  await replaceDurably(join(dir, CERTIFICATE), cert);
}

/** JSON is a subset of the server's configuration language, and quotes paths rightly. */
function configOf({
  dir,
  port,
  store_dir,
  sync_interval = 'always',
  accounts,
  certificate,
}: NatsServerOptions): string {
  return JSON.stringify(
    {
      server_name: 'edgeflow',
      host: '127.0.0.1',
      port,
      // The server writes a file into this directory once it accepts connections.
      ports_file_dir: dir,
      jetstream: { store_dir: store_dir ?? join(dir, 'jetstream'), sync_interval },
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
