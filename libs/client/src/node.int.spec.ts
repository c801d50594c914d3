import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@edgeflow/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { EdgeFlowClient } from './client.js';
import { fetchBy, fetchTrusting } from './node.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function originOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clientOf = (origin: string, fetch = fetchTrusting(undefined)): EdgeFlowClient =>
  new EdgeFlowClient({ origin, token: 't', fetch, retry: { tries: 1 } });

describe('a request by Node', () => {
  it('is sent with its length, and answered with what the service says', async () => {
    let length: string | undefined;
    const origin = await originOf((request, response) => {
      length = request.headers['content-length'];
      request.resume().on('end', () => response.writeHead(202, { 'x-a': 'b' }).end('{"position":3}'));
    });
    const body = { device_id: 'd', version: '1.0.0' };
    expect(await clientOf(origin).post('/orchestrator/v1/updates', { body })).toEqual({ position: 3 });
    expect(Number(length)).toBe(JSON.stringify(body).length);
  });

  it('follows no redirect, which would take the token elsewhere', async () => {
    let asked = 0;
    const origin = await originOf((_, response) => {
      asked += 1;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    await expect(clientOf(origin).get('/query/v1/devices')).rejects.toMatchObject({ status: 307 });
    expect(asked).toBe(1);
  });

  it('ends where the service switches to another protocol, which nobody has asked for', async () => {
    const origin = await originOf(({ socket }) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    });
    await expect(clientOf(origin).get('/query/v1/devices')).rejects.toThrow('HTTP 101 is no answer to a request');
  });

  it('of a large form hears a refusal that comes before its end', async () => {
    const folder = await temporaryFolder('client');
    const file = join(folder.path, 'image.bin');
    await writeFile(file, Buffer.alloc(8 * 1024 * 1024));
    const origin = await originOf((request, response) => {
      request.once('data', () => response.writeHead(403).end('{"code":"forbidden","detail":"no"}'));
    });
    const upload = clientOf(origin).upload({ version: '1', sha256: 's', models: 'm' }, await openAsBlob(file));
    await expect(upload).rejects.toMatchObject({ code: 'forbidden' });
    await folder.remove();
  });

  it('is given up when nothing comes, and when its signal aborts', async () => {
    const origin = await originOf(() => undefined);
    const quick = clientOf(origin, fetchTrusting(undefined, 50));
    await expect(quick.get('/query/v1/devices')).rejects.toThrow('no answer within 0.05 s');
    const signal = AbortSignal.timeout(50);
    await expect(clientOf(origin).get('/query/v1/devices', { signal })).rejects.toThrow('timeout');
  });

  it('reads no more of an answer than it may', async () => {
    const text = 'x'.repeat(100_000);
    const origin = await originOf((_, response) => response.writeHead(400).end(text));
    const answers = fetchTrusting(undefined);
    const limited = fetchBy(
      async (url, outgoing) => {
        const { get } = await import('node:http');
        return new Promise((resolve) => get(url, { signal: outgoing.signal }, resolve));
      },
      { max_bytes: 10 },
    );
    const whole = await (await answers(new Request(origin))).text();
    const part = await (await limited(new Request(origin))).text();
    expect(whole).toHaveLength(text.length);
    expect(part.length).toBeLessThan(text.length);
  });
});
