import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { freePort } from '@edgeflow/embedded';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caddyOrSkip, CaddyUnderTest, replicasAt } from './caddy.js';
import { ask } from './origin-ask.js';
import { Replica } from './replica.js';

const bin = await caddyOrSkip();
const SEEN = { timeout: 60_000, interval: 200 };

let replica: Replica;
let settings: NodeJS.ProcessEnv;
let caddy: CaddyUnderTest;

async function tunnel(): Promise<WebSocket> {
  const socket = new WebSocket(`wss://localhost:${caddy.port}/gateway/v1/tunnel`, { ca: await caddy.ca() });
  await once(socket, 'open');
  return socket;
}

async function echo(socket: WebSocket, text: string): Promise<string> {
  const closed = once(socket, 'close').then(() => ['cut']);
  socket.send(text);
  const [answer] = (await Promise.race([once(socket, 'message'), closed])) as [Buffer | string];
  return answer.toString();
}

describe.skipIf(bin === undefined)('deploy/Caddyfile', () => {
  beforeAll(async () => {
    const [port, elsewhere] = [await freePort(), await freePort()];
    replica = new Replica('first', '127.0.0.1', port);
    await replica.start();
    settings = replicasAt({ registry: elsewhere, orchestrator: elsewhere, gateway: port, query: port });
    caddy = await CaddyUnderTest.start(bin ?? '', settings);
  });
  afterAll(async () => {
    await caddy?.dispose();
    await replica?.kill();
  });

  it('is read again without cutting a tunnel', async () => {
    const before = await tunnel();
    expect(await echo(before, 'one')).toBe('first: one');
    await caddy.reload({ S3_BUCKET: 'another' });
    expect((await ask(caddy, '/another/x')).status).toBe(503);
    expect(await echo(before, 'two')).toBe('first: two');
    const after = await tunnel();
    expect(await echo(after, 'three')).toBe('first: three');
    for (const socket of [before, after]) socket.terminate();
  });

  it('lets a tunnel in at a gateway that is not ready, and keeps that over a reload too', async () => {
    await replica.become(false);
    const via = async (): Promise<string> => {
      const { headers } = await ask(caddy, '/gateway/v1/hops');
      return String(headers['x-hops']);
    };
    await expect.poll(via, SEEN).toBe('2');
    const socket = await tunnel();
    await caddy.reload();
    expect(await echo(socket, 'one')).toBe('first: one');
    socket.terminate();
    await replica.become(true);
  });

  it('listens at one port of TCP, at none of UDP, and is told what to do by its owner alone', async () => {
    const { tcp, udp } = await caddy.sockets();
    expect(tcp).toEqual([caddy.port]);
    expect(udp).toEqual([]);
    for (const name of ['admin.sock', 'waiting.sock']) {
      expect((await stat(join(caddy.runFolder, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('says neither what it is nor that there is another way to it', async () => {
    const paths = ['/', '/nothing', '/query/v1/who', '/registry/v1/away', '/metrics'];
    const answers = await Promise.all(paths.map(async (path) => ({ path, ...(await ask(caddy, path)) })));
    for (const { path, headers } of answers) {
      const told = Object.keys(headers);
      expect([path, told.filter((name) => ['server', 'via', 'alt-svc', 'x-powered-by'].includes(name))]).toEqual([
        path,
        [],
      ]);
    }
  });

  it('answers in HTTP/2 as it does in HTTP/1.1', async () => {
    const session = connectHttp2(caddy.origin, { ca: await caddy.ca() });
    const compare = async (path: string): Promise<void> => {
      const stream = session.request({ ':path': path });
      const [answer, { status }] = await Promise.all([once(stream, 'response'), ask(caddy, path)]);
      const [headers] = answer as [Record<string, unknown>];
      stream.resume();
      expect([path, headers[':status'], headers['alt-svc']]).toEqual([path, status, undefined]);
    };
    const services = ['/query/v1/who', '/query/metrics', '/registry/v1/away'];
    await Promise.all(['/', '/nothing', ...services, '/edgeflow-firmware'].map(compare));
    session.close();
  });

  it('logs every request and no secret', async () => {
    const secret = 'SECRET-a1b2c3d4';
    const headers = {
      authorization: `Bearer ${secret}`,
      cookie: `session=${secret}`,
      'proxy-authorization': `Basic ${secret}`,
      'sec-websocket-protocol': `edgeflow.ota.v1, ${secret}`,
      'x-amz-security-token': secret,
      'x-api-key': secret,
      referer: `https://x/?code=${secret}`,
      'x-forwarded-for': secret,
      'user-agent': secret,
    };
    const query = `?X-Amz-Signature=${secret}&X-Amz-Credential=${secret}&X-Amz-Security-Token=${secret}&token=${secret}&code=${secret}`;
    const paths = [
      '/',
      '/nothing',
      '/query/v1/who',
      '/query/v1/break',
      '/registry/v1/away',
      '/edgeflow-firmware/a',
      '/metrics',
    ];
    const statuses = await Promise.all(
      paths.map(async (path) => (await ask(caddy, `${path}${query}`, { headers })).status),
    );
    expect(statuses).toEqual([200, 404, 200, 502, 503, 503, 404]);
    const refused = new WebSocket(`wss://localhost:${caddy.port}/registry/v1/tunnel${query}`, {
      ca: await caddy.ca(),
      headers,
    });
    await once(
      refused.on('error', () => undefined),
      'unexpected-response',
    ).catch(() => undefined);
    refused.terminate();
    await expect.poll(() => caddy.log, SEEN).toContain('/registry/v1/tunnel');
    expect(caddy.log).not.toContain(secret);
    for (const path of paths) expect(caddy.log).toContain(`"uri":"${path}"`);
  });

  it('logs nothing of replicas that there are not', () => {
    expect(caddy.log).not.toContain('127.0.0.8');
  });
});
