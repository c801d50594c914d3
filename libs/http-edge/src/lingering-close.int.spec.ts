import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { letAnswersArrive } from './early-answers.js';
import { LINGER } from './lingering-close.js';

const HEAD = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n';
const usual = { ...LINGER };
let server: Server;
let handled = 0;

beforeEach(async () => {
  handled = 0;
  server = createServer((_request, response) => {
    handled += 1;
    response.writeHead(401, { 'content-length': 2 }).end('no');
  });
  letAnswersArrive(server, systemClock);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  Object.assign(LINGER, usual);
  server.closeAllConnections();
  server.close();
});

/** A client that never ends its side by itself. */
async function client(): Promise<Socket & { said: () => string }> {
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  let said = '';
  socket.on('data', (data: Buffer) => (said += data.toString()));
  socket.on('error', () => undefined);
  return Object.assign(socket, { said: () => said });
}

const connections = (): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));

describe('a refused client that goes on sending', () => {
  it('has its answer and our end, and is read on until its own end', async () => {
    const socket = await client();
    socket.write(HEAD);
    await once(socket, 'end');
    expect(socket.said()).toMatch(/^HTTP\/1\.1 401 [^]*connection: close[^]*no$/i);
    for (let n = 0; n < 200; n += 1) if (!socket.write(Buffer.alloc(65_536))) await once(socket, 'drain');
    expect(await connections()).toBe(1);
    socket.end();
    await expect.poll(connections).toBe(0);
  });

  it.each([
    ['after a while, however much it sends', { ms: 500 }, 65_536],
    ['soon, when it sends next to nothing', { pace: { bytes: 16_384, period_ms: 500 } }, 1],
  ])('is cut off %s', async (_when, limits, bytes) => {
    Object.assign(LINGER, limits);
    const socket = await client();
    socket.write(HEAD);
    const drip = setInterval(() => socket.write(Buffer.alloc(bytes)), 50);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(drip);
    expect(await connections()).toBe(0);
  });

  it('is cut off after so many bytes', async () => {
    LINGER.bytes = 1_000_000;
    const socket = await client();
    socket.write(HEAD);
    while (!socket.destroyed) {
      socket.write(Buffer.alloc(65_536));
      await sleep(1);
    }
    expect(await connections()).toBe(0);
  });

  it('is not alone: the oldest makes room for one too many', async () => {
    LINGER.connections = 3;
    const sockets = [];
    for (let n = 0; n < 5; n += 1) {
      const socket = await client();
      socket.write(HEAD);
      await once(socket, 'end');
      sockets.push(socket);
    }
    await expect.poll(connections).toBe(3);
    for (const socket of sockets) socket.destroy();
  });

  it('is not asked what else it wants', async () => {
    const socket = await client();
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n');
    await once(socket, 'end');
    socket.end('0\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(connections).toBe(0);
    expect(handled).toBe(1);
  });
});

describe('a refused client of whose body little is left', () => {
  it('keeps its connection', async () => {
    const socket = await client();
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n');
    await once(socket, 'data');
    socket.write(Buffer.alloc(100_000));
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await once(socket, 'end');
    expect(socket.said().match(/HTTP\/1\.1 401/g)).toHaveLength(2);
    socket.end();
  });

  it('is cut off when the rest does not come', async () => {
    LINGER.ms = 300;
    const socket = await client();
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n');
    await once(socket, 'data');
    socket.resume();
    await expect.poll(connections).toBe(0);
  });
});
