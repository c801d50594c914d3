import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startNatsServer, startPostgres, type RunningServer } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';

/** A real server with a folder of its own, both gone after `stop()`. */
export interface TestServer {
  url: string;
  stop(): Promise<void>;
}

export interface TestNats extends TestServer {
  pid: number;
  /** Ends the server without warning, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data after `kill()`. */
  restart(): Promise<void>;
  /** Copies its data, ending it for that. @returns what brings the copy back: the server has lost then what came later */
  keepData(): Promise<() => Promise<void>>;
}

/** A real nats-server with JetStream, empty, on a free port. */
export async function startTestNats(): Promise<TestNats> {
  const folder = await temporaryFolder('nats');
  // What a test wrote need not survive a power cut.
  const start = (port?: number) => startNatsServer({ dir: join(folder.path, 'nats'), port, sync_interval: '2m' });
  let server = await orRemove(folder, start());
  return {
    url: server.url,
    get pid() {
      return server.pid;
    },
    kill: () => kill(server),
    restart: async () => {
      server = await start(server.port);
    },
    keepData: async () => {
      const [data, copy] = [join(folder.path, 'nats', 'jetstream'), join(folder.path, 'copy')];
      await server.stop();
      await cp(data, copy, { recursive: true });
      server = await start(server.port);
      return async () => {
        await server.stop();
        await rm(data, { recursive: true });
        await cp(copy, data, { recursive: true });
        server = await start(server.port);
      };
    },
    stop: () => stopAndRemove(server, folder),
  };
}

export interface TestPostgres extends TestServer {
  pid: number;
  /** The url of a new, empty database on this server. */
  freshDatabase(): Promise<string>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** A real PostgreSQL on a free port; `url` is one empty database of it. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await temporaryFolder('postgres');
  const start = (port?: number) => startPostgres({ dir: join(folder.path, 'postgres'), port, durable: false });
  let server = await orRemove(folder, start());
  return {
    url: server.url,
    get pid() {
      return server.pid;
    },
    freshDatabase: () => freshDatabase(server.url),
    kill: () => kill(server),
    restart: async () => {
      server = await start(server.port);
    },
    stop: () => stopAndRemove(server, folder),
  };
}

async function freshDatabase(serverUrl: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    await admin.query(`create database ${name}`);
  } finally {
    await admin.end();
  }
  return new URL(`/${name}`, serverUrl).href;
}

async function kill(server: RunningServer): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
}

async function orRemove<T>(folder: TemporaryFolder, starting: Promise<T>): Promise<T> {
  return starting.catch(async (error: unknown) => {
    await folder.remove();
    throw error;
  });
}

async function stopAndRemove(server: RunningServer, folder: TemporaryFolder): Promise<void> {
  await server.stop();
  await folder.remove();
}
