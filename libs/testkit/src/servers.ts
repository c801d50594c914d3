import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { startNatsServer, startPostgres, type RunningServer } from '@edgeflow/embedded';
import { runSql } from './run-sql.js';
import { temporaryFolder } from './temporary-folder.js';

/** A real server with a folder of its own, both gone after `stop()`. */
export interface TestServer {
  url: string;
  stop(): Promise<void>;
}

interface Restartable extends TestServer {
  pid: number;
  /** Ends the server without warning, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data after `kill()`. */
  restart(): Promise<void>;
}

export interface TestNats extends Restartable {
  /** Copies its data, ending it for that. @returns what brings the copy back: the server has lost then what came later */
  keepData(): Promise<() => Promise<void>>;
}

/** A real nats-server with JetStream, empty, on a free port. */
export async function startTestNats(): Promise<TestNats> {
  // What a test wrote need not survive a power cut.
  const nats = await restartable('nats', (dir, port) => startNatsServer({ dir, port, sync_interval: '2m' }));
  const { server, dir } = nats;
  return Object.assign(server, {
    keepData: async () => {
      const [data, copy] = [join(dir, 'jetstream'), `${dir}.copy`];
      await nats.end();
      await cp(data, copy, { recursive: true });
      await server.restart();
      return async () => {
        await nats.end();
        await rm(data, { recursive: true });
        await cp(copy, data, { recursive: true });
        await server.restart();
      };
    },
  });
}

export interface TestPostgres extends Restartable {
  /** The url of a new, empty database on this server. */
  freshDatabase(): Promise<string>;
}

/** A real PostgreSQL on a free port; `url` is one empty database of it. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const { server } = await restartable('postgres', (dir, port) => startPostgres({ dir, port, durable: false }));
  return Object.assign(server, { freshDatabase: () => freshDatabase(server.url) });
}

async function freshDatabase(serverUrl: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await runSql(serverUrl, `create database ${name}`);
  return new URL(`/${name}`, serverUrl).href;
}

/** Starts a server in a folder of its own. @returns it, the folder, and what ends it in good order for a while */
async function restartable(name: string, start: (dir: string, port?: number) => Promise<RunningServer>) {
  const folder = await temporaryFolder(name);
  const dir = join(folder.path, name);
  let running = await start(dir);
  const server: Restartable = {
    url: running.url,
    get pid() {
      return running.pid;
    },
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    restart: async () => {
      running = await start(dir, running.port);
    },
    stop: async () => {
      await running.stop();
      await folder.remove();
    },
  };
  return { server, dir, end: () => running.stop() };
}
