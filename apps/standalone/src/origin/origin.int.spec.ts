import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority, freePort } from '@edgeflow/embedded';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { WebSocket, WebSocketServer } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serveOrigin, type OriginServers } from './origin.js';

let folder: TemporaryFolder;
let ca: string;
let servers: OriginServers;
const origin = { https_url: '', http_url: '' };
const upstreams: Server[] = [];
let registry = '';
let bucket = '';
let tunnels: WebSocketServer;
let answer: RequestListener = (_request, response) => response.end();
const seen: IncomingMessage[] = [];

async function upstream(): Promise<[Server, string]> {
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  upstreams.push(server);
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
}

interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** A request byte by byte as given: fetch would tidy the path. */
async function ask(base: string, path: string, options: RequestOptions = {}, body?: Readable): Promise<Reply> {
  const { hostname, port, protocol } = new URL(base);
  const send = protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send({ host: hostname, port, path, ca, ...options });
  if (body) body.pipe(request);
  else request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

beforeAll(async () => {
  folder = await temporaryFolder('origin');
  const authority = await createAuthority(folder.path);
  ca = authority.ca;
  [, registry] = await upstream();
  [, bucket] = await upstream();
  const [gateway, gatewayUrl] = await upstream();
  tunnels = new WebSocketServer({ server: gateway, path: '/gateway/v1/tunnel' });
  tunnels.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const services = [
    { name: 'firmware-registry', prefix: 'registry', url: registry },
    { name: 'device-gateway', prefix: 'gateway', url: gatewayUrl },
    { name: 'projection', prefix: 'query', url: `http://127.0.0.1:${await freePort()}` },
  ];
  const [https_port, http_port] = [await freePort(), await freePort()];
  origin.https_url = `https://localhost:${https_port}`;
  origin.http_url = `http://127.0.0.1:${http_port}`;
  const state = { https_port, http_port, services, certificate: await authority.issue() };
  servers = await serveOrigin(state);
  servers.change({ ...state, bucket: { name: 'edgeflow', endpoint: bucket } });
});

afterEach(() => {
  seen.length = 0;
  answer = (_request, response) => response.end();
});

afterAll(async () => {
  await servers.stop();
  for (const server of upstreams) {
    server.closeAllConnections();
    server.close();
  }
  await folder.remove();
});

describe('the origin', () => {
  it('says what is here', async () => {
    const { status, body } = await ask(origin.https_url, '/');
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ name: 'EdgeFlow OTA', tunnel: '/gateway/v1/tunnel' });
    expect(body.toString()).not.toContain('metrics');
  });

  it('passes a request to its service and says who asked, whatever the client says of itself', async () => {
    await ask(origin.https_url, '/registry/v1/firmware?a=b', { headers: { 'x-forwarded-for': '1.2.3.4' } });
    expect(seen[0]?.url).toBe('/registry/v1/firmware?a=b');
    expect(seen[0]?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': new URL(origin.https_url).host,
    });
  });

  it('leaves path and Host of a download as they were signed', async () => {
    const path = '/edgeflow/firmware/a%20b/1.0.0%2Bx//y.bin?X-Amz-Signature=%2F%2f&x=../';
    await ask(origin.https_url, path, { headers: { host: 'localhost:1' } });
    expect(seen[0]?.url).toBe(path);
    expect(seen[0]?.headers.host).toBe('localhost:1');
    expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => name.startsWith('x-forwarded'))).toEqual([]);
  });

  it('lets nobody write to the bucket', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status, headers, body } = await ask(origin.https_url, '/edgeflow/firmware/x.bin', { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
      expect(JSON.parse(body.toString())).toMatchObject({ code: 'method-not-allowed' });
    }
    expect(seen).toEqual([]);
  });

  it('shows metrics to nobody', async () => {
    for (const path of ['/metrics', '/registry/metrics', '/registry/%6detrics']) {
      expect([path, (await ask(origin.http_url, path)).status]).toEqual([path, 404]);
    }
    expect(seen).toEqual([]);
  });

  it('says that clients are to come by TLS only where they ask for a name, by TLS', async () => {
    answer = (_request, response) => response.writeHead(200, { 'strict-transport-security': 'max-age=1' }).end();
    const told = async (base: string, host: string): Promise<unknown> =>
      (await ask(base, '/registry/x', { headers: { host }, servername: 'localhost' })).headers[
        'strict-transport-security'
      ];
    expect(await told(origin.https_url, 'ota.example.com')).toBe('max-age=1');
    for (const host of ['localhost:8443', '192.0.2.1', '[2001:db8::1]']) {
      expect(await told(origin.https_url, host)).toBeUndefined();
    }
    expect(await told(origin.http_url, 'ota.example.com')).toBeUndefined();
  });

  it('serves no downloads over plain http', async () => {
    const { status, body } = await ask(origin.http_url, '/edgeflow/firmware/x.bin');
    expect(status).toBe(404);
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'not-found', instance: '/edgeflow/firmware/x.bin' });
  });

  it('makes no body up for a request without one', async () => {
    await ask(origin.https_url, '/registry/x', { method: 'POST' });
    expect(seen[0]?.headers).toMatchObject({ 'content-length': '0' });
  });

  it('streams an upload without keeping it', async () => {
    const chunk = randomBytes(1 << 20);
    const count = 256;
    const sent = createHash('sha256');
    answer = (request, response) => {
      const got = createHash('sha256');
      request.on('data', (data: Buffer) => got.update(data));
      request.on('end', () => response.end(got.digest('hex')));
    };
    const before = process.memoryUsage().rss;
    let peak = before;
    const body = Readable.from(
      (function* () {
        for (let i = 0; i < count; i += 1) {
          sent.update(chunk);
          peak = Math.max(peak, process.memoryUsage().rss);
          yield chunk;
        }
      })(),
    );
    const reply = await ask(origin.https_url, '/registry/v1/firmware', { method: 'POST' }, body);
    expect(reply.body.toString()).toBe(sent.digest('hex'));
    expect(peak - before).toBeLessThan((count / 2) * chunk.length);
  });

  it('lets go of an upload that the client gave up', async () => {
    const aborted = new Promise<void>((resolve) => {
      answer = (request) => {
        request.on('error', () => undefined);
        request.on('close', () => resolve());
        request.once('data', () => client.destroy());
        request.resume();
      };
    });
    const { hostname, port } = new URL(origin.https_url);
    const client = httpsRequest({ host: hostname, port, ca, path: '/registry/v1/firmware', method: 'POST' });
    client.on('error', () => undefined);
    client.write(Buffer.alloc(1000));
    await aborted;
    expect(seen[0]?.complete).toBe(false);
  });

  it('keeps the connection to a client whose service closes its own, unless an upload is still under way', async () => {
    const agent = new Agent({ keepAlive: true });
    const whole = await ask(origin.https_url, '/registry/v1/firmware', { agent });
    expect(whole.headers.connection).toBe('keep-alive');
    const body = new Readable({ read: () => undefined });
    body.push('part');
    const broken = await ask(origin.https_url, '/registry/v1/firmware', { agent, method: 'POST' }, body);
    expect(broken.headers.connection).toBe('close');
    body.destroy();
    agent.destroy();
  });

  it('cuts an answer that its service did not finish', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('part', () => response.destroy());
    };
    await expect(ask(origin.https_url, '/edgeflow/x')).rejects.toThrow();
  });

  it('says that a service is away, and when to come back', async () => {
    const { status, headers, body } = await ask(origin.http_url, '/query/v1/devices');
    expect(status).toBe(503);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['retry-after']).toBe('1');
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'service-unavailable', instance: '/query/v1/devices' });
  });

  it('says that a service broke off before it answered', async () => {
    answer = (request) => request.socket.destroy();
    const { status, body } = await ask(origin.https_url, '/registry/v1/firmware');
    expect(status).toBe(502);
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'service-unavailable', status: 502 });
  });
});

describe('an answer that comes while its request is still sent', () => {
  const large = 32 * 1024 * 1024;
  const refuse: RequestListener = (_request, response) => {
    response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"code":"unauthorized"}');
  };
  /** Sends all of a body, whatever it hears, and then reads. */
  const insist = async (base: string, head: string): Promise<string> => {
    const { port, protocol } = new URL(base);
    const socket = protocol === 'https:' ? tlsConnect({ port: Number(port), ca }) : connect(Number(port));
    await once(socket, protocol === 'https:' ? 'secureConnect' : 'connect');
    let said = '';
    socket.on('data', (data: Buffer) => (said += data.toString()));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', (error) => (said += String(error)));
    socket.write(`POST ${head} HTTP/1.1\r\nhost: x\r\ncontent-length: ${large}\r\n\r\n`);
    const piece = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < large && socket.writable; sent += piece.length) {
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), closed]);
    }
    await closed;
    return said;
  };

  it.each(['https_url', 'http_url'] as const)('reaches a client of the %s', async (base) => {
    answer = refuse;
    for (const path of ['/registry/v1/firmware', '/query/v1/devices', '/nowhere']) {
      const said = await insist(origin[base], path);
      expect([path, said.slice(0, 12)]).toEqual([
        path,
        { r: 'HTTP/1.1 401', q: 'HTTP/1.1 503', n: 'HTTP/1.1 404' }[path[1]!],
      ]);
      expect(said).toMatch(/connection: close/i);
    }
  });

  it.each([{}, { expect: '100-continue' }])('comes before the first byte of the body: %j', async (more) => {
    answer = refuse;
    for (const headers of [{ 'content-length': 5_000_000 }, { 'transfer-encoding': 'chunked' }]) {
      const { hostname, port } = new URL(origin.https_url);
      const head = { ...headers, ...more };
      const request = httpsRequest({ host: hostname, port, path: '/registry/x', method: 'POST', ca, headers: head });
      request.flushHeaders();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(401);
      request.on('error', () => undefined).destroy();
    }
  });

  it('is passed on whole, however its service hangs up then', async () => {
    answer = (request, response) => {
      request.once('data', () => {
        response.writeHead(403, { 'content-length': 100_000 }).end('x'.repeat(100_000), () => {
          setTimeout(() => request.socket.destroy(), 50);
        });
      });
    };
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.alloc(1_000_000));
    const reply = await ask(origin.https_url, '/registry/v1/firmware', { method: 'POST' }, body);
    expect([reply.status, reply.body.length]).toEqual([403, 100_000]);
    body.destroy();
  });
});

describe('a request for another protocol', () => {
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };

  it.each(['/', '/registry/v1/firmware', '/gateway/v1/tunnel', '/edgeflow/x'])('is ignored at %s', async (path) => {
    answer = (_request, response) => response.end('served');
    for (const base of [origin.https_url, origin.http_url]) {
      const { status, headers: told } = await ask(base, path, { headers });
      expect([base, [200, 404, 400, 426].includes(status)]).toEqual([base, true]);
      expect(told.upgrade).toBeUndefined();
    }
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('for WebSocket is ignored with %s', async (method) => {
    answer = (_request, response) => response.writeHead(403).end();
    const request = { connection: 'Upgrade', upgrade: 'websocket' };
    for (const path of ['/registry/v1/firmware', '/gateway/v1/tunnel']) {
      const { status } = await ask(origin.https_url, path, { method, headers: request });
      expect([path, status]).toEqual([path, 403]);
    }
    expect(seen[0]?.headers.upgrade).toBeUndefined();
  });

  it('goes no further, and its body does', async () => {
    let got = '';
    answer = (request, response) => {
      request.on('data', (data: Buffer) => (got += data.toString()));
      request.on('end', () => response.end('served'));
    };
    const { status } = await ask(
      origin.https_url,
      '/registry/v1/x',
      { headers, method: 'POST' },
      Readable.from(['a', 'b']),
    );
    expect([status, got]).toEqual([200, 'ab']);
    expect(Object.keys(seen[0]?.headers ?? {})).not.toContain('upgrade');
  });
});

describe('an expectation that nobody can meet', () => {
  it('is refused', async () => {
    const { status, headers } = await ask(origin.https_url, '/registry/x', { headers: { expect: '200-ok' } });
    expect([status, headers['content-type']]).toEqual([417, 'application/problem+json']);
  });
});

describe('a request for two hosts, or none', () => {
  it.each(['', 'host: a\r\nhost: b\r\n', 'host: a b\r\n'])('is refused: %j', async (hosts) => {
    for (const more of ['', 'upgrade: websocket\r\nconnection: upgrade\r\n']) {
      const socket = connect(Number(new URL(origin.http_url).port), '127.0.0.1');
      socket.write(`GET /registry/x HTTP/1.1\r\n${hosts}${more}\r\n`);
      const chunks: Buffer[] = [];
      for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
      const said = Buffer.concat(chunks).toString();
      expect(said).toMatch(/^HTTP\/1\.1 400 /);
      expect(said).toContain('"code": "invalid-request"');
    }
  });
});

describe('a client that does not say what it wants', () => {
  it('is cut off', { timeout: 60_000 }, async () => {
    const socket = connect(Number(new URL(origin.http_url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nx-slow: ');
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 408 /);
  });
});

// At the same time, since each is waited for; their own paths say what they do.
describe.concurrent('a service that hangs', { timeout: 120_000 }, () => {
  const hang: RequestListener = (asked, response) => {
    if (asked.url === '/registry/slow/readyz') asked.resume().on('end', () => response.end('done'));
  };
  it.each([
    ['a probe', '/registry/readyz', 'GET', 0],
    ['a request', '/registry/v1/firmware', 'GET', 0],
    ['a body that it reads nothing of', '/registry/v1/firmware', 'POST', 100_000_000],
  ])('is given up: %s', async (_name, path, method, length) => {
    answer = hang;
    const { hostname, port } = new URL(origin.https_url);
    const request = httpsRequest({ host: hostname, port, path, method, ca, headers: { 'content-length': length } });
    // What is left of the body nobody hears.
    request.on('error', () => undefined);
    const reply = once(request, 'response');
    if (length > 0) request.write(Buffer.alloc(length / 2));
    else request.end();
    const [response] = (await reply) as [IncomingMessage];
    expect(response.statusCode).toBe(502);
    request.destroy();
  });

  it('is not one that waits for its client', async () => {
    answer = hang;
    const body = new Readable({ read: () => undefined });
    const reply = ask(origin.https_url, '/registry/slow/readyz', { method: 'POST' }, body);
    for (let second = 0; second < 8; second += 1) {
      body.push('x');
      await sleep(1_000);
    }
    body.push(null);
    expect((await reply).body.toString()).toBe('done');
  });
});

describe('a tunnel through the origin', () => {
  it('carries frames both ways and ends with its service', async () => {
    const url = `${origin.https_url.replace('https', 'wss')}/gateway/v1/tunnel`;
    const socket = new WebSocket(url, { ca });
    await once(socket, 'open');
    socket.send('hello');
    const [echo] = (await once(socket, 'message')) as [Buffer];
    expect(echo.toString()).toBe('hello');
    for (const tunnel of tunnels.clients) tunnel.terminate();
    await once(socket, 'close');
  });

  it('passes on a refusal of the gateway', async () => {
    answer = (_request, response) => {
      response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"code":"unauthorized"}');
    };
    const socket = new WebSocket(`${origin.https_url.replace('https', 'wss')}/registry/v1/tunnel`, { ca });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(401);
  });

  it('is refused with 503 while the gateway is away', async () => {
    const socket = new WebSocket(`${origin.https_url.replace('https', 'wss')}/query/v1/stream`, { ca });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(503);
  });
});
