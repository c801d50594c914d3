import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@edgeflow/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { caddyOrSkip, CaddyUnderTest, replicasAt } from './caddy.js';
import { Replica } from './replica.js';

const bin = await caddyOrSkip();
/** Longer than Caddy looks for health, twice over, and far longer than it does here. */
const SEEN = { timeout: 60_000, interval: 200 };
/** A client that has waited so long goes away, in milliseconds. */
const PATIENCE_MS = 4_000;

let caddy: CaddyUnderTest;
let ca: string;
let replicas: Replica[];

interface Said {
  status: number;
  headers: IncomingHttpHeaders;
  /** Of the replica, or of the problem. */
  body: {
    name?: string;
    code?: string;
    headers?: Record<string, string>;
    text?: string;
    bodies?: Record<string, number>;
  };
}

/** A connection for each request, as most clients have it. */
async function ask(
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  timeout = PATIENCE_MS * 2,
): Promise<Said> {
  const agent = new Agent({ keepAlive: false });
  const method = body === undefined ? 'GET' : 'POST';
  const options = { host: 'localhost', port: caddy.port, path, method, ca, agent, headers, timeout };
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(options, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: JSON.parse(text) as Said['body'],
        });
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Who answers, of so many requests one after the other. */
async function whoAnswers(count: number): Promise<string[]> {
  const names = new Set<string>();
  for (let n = 0; n < count; n += 1) names.add((await ask('/query/v1/who')).body.name ?? 'nobody');
  return [...names].sort();
}

/** Has none be ready, and waits until Caddy knows: a request then takes the way by the service's own name, through Caddy twice. */
async function nobodyReady(): Promise<void> {
  for (const replica of replicas) await replica.become(false);
  const hops = async (): Promise<number> => (await ask('/query/v1/who')).body.headers?.['via']?.split(',').length ?? 0;
  await expect.poll(hops, SEEN).toBe(2);
}

describe.skipIf(bin === undefined)('Caddy in front of replicas', () => {
  beforeAll(async () => {
    const port = await freePort();
    replicas = [new Replica('first', '127.0.0.1', port), new Replica('second', '127.0.0.2', port)];
    const elsewhere = await freePort();
    const ports = { registry: elsewhere, orchestrator: elsewhere, gateway: elsewhere, query: port };
    caddy = await CaddyUnderTest.start(bin ?? '', replicasAt(ports));
    ca = await caddy.ca();
  });
  afterAll(() => caddy?.dispose());

  beforeEach(async () => {
    for (const replica of replicas) await replica.start();
    await expect.poll(() => whoAnswers(10), SEEN).toEqual(['first', 'second']);
  });
  afterEach(async () => {
    for (const replica of replicas) await replica.kill();
  });

  it('asks only those that are ready', async () => {
    await replicas[1]?.become(false);
    await expect.poll(() => whoAnswers(10), SEEN).toEqual(['first']);
    await replicas[1]?.become(true);
    await expect.poll(() => whoAnswers(10), SEEN).toEqual(['first', 'second']);
  });

  it('asks whoever is there when none is ready, who says why', async () => {
    await nobodyReady();
    for (const path of ['/query/readyz', '/query/v1/who']) {
      const { status, body } = await ask(path);
      expect([path, status, body.code]).toEqual([path, 503, 'log-unavailable']);
    }
  });

  it('says the same of a client on both ways, whatever the client says of itself', async () => {
    const lies = {
      'x-forwarded-for': '192.0.2.7',
      forwarded: 'for=192.0.2.7',
      'x-forwarded-host': 'x',
      'x-forwarded-port': '1',
    };
    const straight = (await ask('/query/v1/who', undefined, lies)).body.headers;
    await nobodyReady();
    const waited = (await ask('/query/v1/who', undefined, lies)).body.headers;
    for (const told of [straight, waited]) {
      expect(told).toMatchObject({
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': `localhost:${caddy.port}`,
      });
      expect(Object.keys(told ?? {}).filter((name) => ['forwarded', 'x-forwarded-port'].includes(name))).toEqual([]);
    }
  });

  it('lets no GET end by the kill of one', async () => {
    let killed = false;
    const asking = Array.from({ length: 8 }, async () => {
      const outcomes: number[] = [];
      while (!killed) outcomes.push((await ask('/query/v1/who')).status);
      for (let n = 0; n < 20; n += 1) outcomes.push((await ask('/query/v1/who')).status);
      return outcomes;
    });
    await sleep(300);
    await replicas[0]?.kill();
    killed = true;
    expect(new Set((await Promise.all(asking)).flat())).toEqual(new Set([200]));
  });

  it('leaves one out that is frozen', async () => {
    replicas[0]?.freeze();
    await expect.poll(() => whoAnswers(10).catch(String), SEEN).toEqual(['second']);
    replicas[0]?.thaw();
    await expect.poll(() => whoAnswers(10), SEEN).toEqual(['first', 'second']);
  });

  it('waits for one that starts again, also with a body', async () => {
    for (const replica of replicas) await replica.kill();
    const waiting = [ask('/query/v1/who'), ask('/query/v1/body', 'a'.repeat(100_000))];
    await sleep(500);
    await replicas[0]?.start();
    const [read, written] = await Promise.all(waiting);
    expect([read?.status, read?.body.name]).toEqual([200, 'first']);
    expect([written?.status, written?.body.text?.length]).toEqual([200, 100_000]);
    expect(written?.body.bodies).toEqual({ '/query/v1/body': 1 });
  });

  it('says that nobody is there, and when to come back', async () => {
    for (const replica of replicas) await replica.kill();
    const { status, headers, body } = await ask('/query/v1/who');
    expect([status, headers['content-type'], headers['retry-after']]).toEqual([503, 'application/problem+json', '1']);
    expect(body).toMatchObject({ code: 'service-unavailable', status: 503, instance: '/query/v1/who' });
  });

  it('gives up one that hangs', { timeout: 180_000 }, async () => {
    const asked = [undefined, 'whole'].map((body) => ask('/query/v1/hang', body, {}, 170_000));
    for (const { status, body } of await Promise.all(asked)) {
      expect([status, body.code]).toEqual([502, 'service-unavailable']);
    }
  });

  it('never repeats what may have been done', async () => {
    const { status, body } = await ask('/query/v1/break', 'once');
    expect([status, body.code]).toEqual([502, 'service-unavailable']);
    const counts = [];
    for (let n = 0; n < 20; n += 1) counts.push((await ask('/query/v1/who')).body);
    const perReplica = new Map(counts.map(({ name, bodies }) => [name, bodies?.['/query/v1/break'] ?? 0]));
    expect([...perReplica.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1);
  });
});
