import { Degraded } from '@edgeflow/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hosted, ask, type Answer } from './hosted.fixture.js';
import type { RunningService } from './start-service.js';

let hosted: Hosted;
let service: RunningService;
let strict: RunningService;
let check: () => Promise<Degraded | undefined | void> = async () => undefined;
beforeAll(async () => {
  hosted = await Hosted.open();
  const readiness = [{ name: 'felt', check: () => check() }];
  // The spec's own address, 127.0.0.1, is the origin's; further proxies of its network may stand before it.
  service = await hosted.start({ TRUSTED_PROXIES: 'loopback, 172.30.71.0/24' }, { readiness });
  strict = await hosted.start({ TRUSTED_PROXIES: '172.30.71.0/24' }, { readiness });
});
afterAll(() => hosted.stop());

const DOWN = async () => Promise.reject(new Error('no felt at nats://10.0.0.7'));
const DEGRADED = async () => new Degraded('felt is thin at 10.0.0.7');
const FINE = async () => undefined;

/** A request as an origin passes it on for a client. */
const forwarded = (client: string) => ({ 'x-forwarded-for': client });

async function readyz(headers: Record<string, string>, how: typeof check, of = service): Promise<Answer> {
  check = how;
  return ask(of, '/hats/readyz', headers);
}

describe.each([
  ['who connects to the service itself', {}],
  ['who is on the machine of the origin', forwarded('127.0.0.1')],
  ['who is on the machine of the origin, by IPv6', forwarded('::1')],
  ['who is on the machine of the origin, by both', forwarded('::ffff:127.0.0.1')],
  ['who is on the machine of an origin behind another proxy', forwarded('127.0.0.1, 172.30.71.9')],
])('%s', (_who, headers) => {
  it('hears of each check, with its reason', async () => {
    expect(await readyz(headers, FINE)).toMatchObject({ status: 200, body: { details: { felt: { status: 'up' } } } });
    const message = 'no felt at nats://10.0.0.7';
    expect(await readyz(headers, DOWN)).toMatchObject({ status: 503, body: { error: { felt: { message } } } });
    expect(await readyz(headers, DEGRADED)).toMatchObject({ status: 200, body: { status: 'degraded' } });
  });

  it('may scrape', async () => {
    const answer = await fetch(`${service.url}/hats/metrics`, { headers });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('process_cpu_seconds_total');
  });
});

describe.each([
  ['a client of the origin', forwarded('203.0.113.9')],
  ['a client of the origin in another private network', forwarded('10.1.2.3')],
  ['a client by IPv6', forwarded('2001:db8::1')],
  ['a client that says it is loopback, of an origin that adds its address', forwarded('127.0.0.1, 203.0.113.9')],
  ['a client whose address nobody understands', forwarded('127.evil')],
  ['a client whose address is empty', forwarded('')],
  ['a client of a proxy that says it by another header', { forwarded: 'for=127.0.0.1' }],
])('%s', (_who, headers) => {
  it('hears whether the service is ready, and nothing else', async () => {
    expect(await readyz(headers, FINE)).toMatchObject({ status: 200, body: { status: 'ok' } });
    for (const how of [FINE, DOWN, DEGRADED]) {
      const { status, body } = await readyz(headers, how);
      expect(Object.keys(body)).toEqual(['status']);
      expect([status, body['status']]).toEqual(
        how === DOWN ? [503, 'error'] : [200, how === DEGRADED ? 'degraded' : 'ok'],
      );
    }
  });

  it.each(['/metrics', '/hats/metrics'])('finds no %s', async (path) => {
    expect(await ask(service, path, headers)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect((await ask(service, '/nowhere', headers)).body['detail']).toBe('There is no such route');
    expect((await ask(service, path, headers)).body['detail']).toBe('There is no such route');
    expect((await ask(service, path, { ...headers, method: 'HEAD' })).status).toBe(404);
  });

  it('hears that the process lives', async () => {
    expect(await ask(service, '/hats/livez', headers)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});

describe('a proxy that is not named as one', () => {
  it('is told nothing for its clients, whoever it says they are', async () => {
    for (const client of ['203.0.113.9', '127.0.0.1']) {
      expect((await readyz(forwarded(client), DOWN, strict)).body).toEqual({ status: 'error' });
      expect((await ask(strict, '/metrics', forwarded(client))).status).toBe(404);
    }
  });
});
