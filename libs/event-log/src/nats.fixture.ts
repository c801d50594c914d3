import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer } from '@edgeflow/embedded';

/** A nats-server of a spec's own. */
export interface TestNats {
  url: string;
  /** Ends the server without warning, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data after `kill()`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real nats-server with JetStream, empty, on a free port. */
export async function startTestNats(): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeflow-log-'));
  const start = (port?: number) => startNatsServer({ dir: join(folder, 'nats'), port, sync_interval: '2m' });
  let server = await start();
  return {
    url: server.url,
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    restart: async () => {
      server = await start(server.port);
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
