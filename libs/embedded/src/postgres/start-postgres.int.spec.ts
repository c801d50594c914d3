import { chmod, mkdtemp, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killedParent } from '../process/killed-parent.fixture.js';
import type { RunningServer } from '../process/server-process.js';
import { startPostgres } from './start-postgres.js';

let folder: string;
let dir: string;
let server: RunningServer | undefined;

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-postgres-'));
  dir = join(folder, 'postgres');
});
afterEach(async () => server?.stop());
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the embedded PostgreSQL', () => {
  it('runs in a folder that others cannot enter, even for root', async () => {
    server = await startPostgres({ dir });
    await query(server.url, 'create table kept (n int)');
    await query(server.url, 'insert into kept values (7)');
  });

  it('keeps its data and its password over a restart, and a change of the folder’s rights', async () => {
    await chmod(folder, 0o711);
    server = await startPostgres({ dir });
    expect(await query(server.url, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('lets nobody in without the password', async () => {
    server = await startPostgres({ dir });
    const url = new URL(server.url);
    url.password = 'wrong';
    await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/);
    expect((await stat(join(dir, 'password'))).mode & 0o077).toBe(0);
  });

  it('stops what a killed parent left behind, and takes its place with its data', async () => {
    const leftover = await killedParent('startPostgres', { dir });
    server = await startPostgres({ dir, port: leftover.port });
    expect(server.pid).not.toBe(leftover.pid);
    expect(await query(server.url, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('says what to do where its files are damaged', async () => {
    await truncate(join(dir, 'data', 'PG_VERSION'));
    const advice = `delete ${dir}: what is in it is made again from the event log`;
    await expect(startPostgres({ dir })).rejects.toThrow(advice);
    await rm(dir, { recursive: true });
    server = await startPostgres({ dir });
    expect(await query(server.url, 'select 7 as n')).toEqual([{ n: 7 }]);
  });
});
