import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { letAnswersArrive } from './early-answers.js';
import { LINGER } from './lingering-close.js';

const BODY = 3_000_000;
const head = (via = 'via: 1.1 Caddy\r\n'): string =>
  `POST / HTTP/1.1\r\nhost: x\r\n${via}content-length: ${BODY}\r\n\r\n`;
const usual = { ...LINGER };
let server: Server;

beforeEach(async () => {
  server = createServer((_request, response) => response.writeHead(401, { 'content-length': 2 }).end('no'));
  letAnswersArrive(server, systemClock);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  Object.assign(LINGER, usual);
  server.closeAllConnections();
  server.close();
});

/** A client that has sent the head and half of its body. */
async function halfSent(via?: string): Promise<Socket & { said: () => string }> {
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  let said = '';
  socket.on('data', (data: Buffer) => (said += data.toString()));
  socket.on('error', () => undefined);
  socket.write(head(via));
  socket.write(Buffer.alloc(BODY / 2));
  return Object.assign(socket, { said: () => said });
}

describe('a refusal of a request that a proxy passes on', () => {
  it('comes behind the request', async () => {
    const socket = await halfSent();
    await sleep(300);
    expect(socket.said()).toBe('');
    socket.write(Buffer.alloc(BODY / 2));
    await once(socket, 'end');
    expect(socket.said()).toMatch(/^HTTP\/1\.1 401 [^]*no$/);
  });

  it('comes at once where no proxy is', async () => {
    const socket = await halfSent('');
    await once(socket, 'end');
    expect(socket.said()).toMatch(/^HTTP\/1\.1 401 [^]*no$/);
  });

  it.each([
    ['time is over', { ms: 200 }],
    ['it comes too slowly', { pace: { bytes: 1, period_ms: 200 } }],
    ['too much has come', { bytes: 1_000_000 }],
  ])('comes all the same when %s', async (_when, bounds) => {
    Object.assign(LINGER, bounds);
    const socket = await halfSent();
    await once(socket, 'end');
    expect(socket.said()).toMatch(/^HTTP\/1\.1 401 [^]*no$/);
  });

  it('makes room for one too many, the oldest first', async () => {
    Object.assign(LINGER, { connections: 1 });
    const [first] = [await halfSent()];
    await sleep(300);
    const second = await halfSent();
    await once(first, 'end');
    expect(first.said()).toMatch(/^HTTP\/1\.1 401 /);
    expect(second.said()).toBe('');
  });

  it('lets go of a client that gives up', async () => {
    const socket = await halfSent();
    await sleep(300);
    socket.destroy();
    await expect.poll(() => new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(0);
  });
});
