import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killedParent } from '../process/killed-parent.fixture.js';
import { isAlive, identityOf } from '../process/process-table.js';
import type { RunningServer } from '../process/running-server.js';
import { startNatsServer } from './start-nats-server.js';

let dir: string;
let server: RunningServer | undefined;

/** What the server says first: `INFO {...}` (NATS client protocol). */
async function infoOf(url: string): Promise<{ version: string; jetstream: boolean }> {
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
  const [line] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return JSON.parse(line.toString().replace(/^INFO /, '')) as { version: string; jetstream: boolean };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgeflow-nats-'));
});
afterEach(async () => server?.stop());
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the embedded nats-server', () => {
  it('has JetStream and listens where it says', async () => {
    server = await startNatsServer({ dir });
    expect(await infoOf(server.url)).toMatchObject({ jetstream: true });
    await server.stop();
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('says why it does not start', async () => {
    server = await startNatsServer({ dir });
    const { port } = server;
    const second = startNatsServer({ dir: join(dir, 'second'), port });
    await expect(second).rejects.toThrow(/nats-server ended while it started: .*address already in use/);
  });

  it('stops what a killed parent left behind, and takes its place', async () => {
    const leftover = await killedParent('startNatsServer', { dir });
    expect(isAlive(identityOf(leftover.pid))).toBe(true);
    server = await startNatsServer({ dir, port: leftover.port });
    expect(isAlive(identityOf(leftover.pid))).toBe(false);
    expect(Number(await readFile(join(dir, 'server.pid'), 'utf8'))).toBe(server.pid);
  });
});
