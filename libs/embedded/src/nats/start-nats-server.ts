import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { freePort } from '../process/ports.js';
import type { RunningServer } from '../process/running-server.js';
import { ServerProcess } from '../process/server-process.js';
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
   * at most this much. `always` costs an fsync per append.
   */
  sync_interval?: string;
}

const READY_MS = 30_000;

/**
 * A nats-server with JetStream on the loopback interface.
 * @throws Error of one line when there is no fit server or it does not start, with the end of its log
 */
export async function startNatsServer(options: NatsServerOptions): Promise<RunningServer> {
  const dir = resolve(options.dir);
  const bin = options.bin ?? (await findNatsServer());
  await mkdir(dirname(dir), { recursive: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const config = join(dir, 'nats-server.conf');
  await writeFile(config, configOf({ ...options, dir, port: options.port ?? (await freePort()) }), { mode: 0o600 });
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
  return { url, port: Number(new URL(url).port), pid: server.pid, exited: server.exited, stop: () => server.stop() };
}

/** JSON is a subset of the server's configuration language, and quotes paths rightly. */
function configOf({ dir, port, store_dir, sync_interval = '1s' }: NatsServerOptions): string {
  return JSON.stringify(
    {
      server_name: 'edgeflow',
      host: '127.0.0.1',
      port,
      // The server writes a file into this directory once it accepts connections.
      ports_file_dir: dir,
      jetstream: { store_dir: store_dir ?? join(dir, 'jetstream'), sync_interval },
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
