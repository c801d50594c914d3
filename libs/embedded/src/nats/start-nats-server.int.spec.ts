import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { connect as secure, type PeerCertificate } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killedParent } from '../process/killed-parent.fixture.js';
import { isAlive, identityOf } from '@edgeflow/configuration/process-table';
import type { RunningServer } from '../process/server-process.js';
import { createAuthority } from '../tls/authority.js';
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

/** The certificate that the server shows after its first line. */
async function certificateOf(url: string, ca: string): Promise<PeerCertificate> {
  const plain = createConnection(Number(new URL(url).port), '127.0.0.1');
  await once(plain, 'data');
  const socket = secure({ socket: plain, ca, host: '127.0.0.1' });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
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

  it('speaks TLS only, with the certificate it was given last, also after a restart', async () => {
    const authority = await createAuthority(join(dir, 'tls'));
    const accounts = { APP: { users: [{ user: 'u', password: 'p' }] } };
    const start = async () =>
      startNatsServer({ dir: join(dir, 'secure'), certificate: await authority.issue(), accounts });
    let secured = await start();
    try {
      expect(await infoOf(secured.url)).toMatchObject({ tls_required: true, auth_required: true });
      const first = await certificateOf(secured.url, authority.ca);
      await secured.renew(await authority.issue());
      let now = first;
      while (now.serialNumber === first.serialNumber) now = await certificateOf(secured.url, authority.ca);
      process.kill(secured.pid, 'SIGKILL');
      await secured.exited;
      secured = await start();
      expect(secured.url).toMatch(/^tls:/);
      expect(await infoOf(secured.url)).toMatchObject({ tls_required: true, auth_required: true });
    } finally {
      await secured.stop();
    }
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
