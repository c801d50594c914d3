import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hosted, ask, raw, type Answer } from './hosted.fixture.js';
import type { RunningService } from './index.js';

let hosted: Hosted;
let service: RunningService;
let operator: string;

beforeAll(async () => {
  hosted = await Hosted.open();
  service = await hosted.start();
  operator = `Bearer ${await hosted.token('acme', 'operator')}`;
});
afterAll(() => hosted.stop());

const post = (body: string): Promise<Answer> =>
  ask(service, '/hats/v1/hats', { method: 'POST', authorization: operator, body });

describe('a body', () => {
  it('has no members but those that its class names', async () => {
    const { status, body } = await post('{"name":"bowler","org":"globex","roles":["admin"],"is_admin":true}');
    expect([status, body]).toEqual([201, { name: 'bowler' }]);
  });

  it.each([
    '{"name":"bowler","__proto__":{"is_admin":true}}',
    '{"name":"bowler","constructor":{"prototype":{"is_admin":true}}}',
    '{"name":"bowler","\\u005f_proto__":{"is_admin":true}}',
  ])('that would change what all objects are is refused: %s', async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(({} as { is_admin?: boolean }).is_admin).toBeUndefined();
  });

  it('that does not end is cut off with 408', { timeout: 40_000 }, async () => {
    const head = `POST /hats/v1/hats HTTP/1.1\r\nhost: x\r\nauthorization: ${operator}\r\ncontent-type: application/json\r\n`;
    const answer = await raw(service, `${head}content-length: 100\r\n\r\n{"name":`);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"request-timeout"');
  });
});

describe('headers', () => {
  it('that do not end are cut off', { timeout: 40_000 }, async () => {
    expect(await raw(service, 'GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: ')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('of more than 16 KiB are refused', async () => {
    const big = `x: ${'y'.repeat(17 * 1024)}\r\n`;
    expect(await raw(service, `GET /livez HTTP/1.1\r\nhost: x\r\n${big}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('that leave open where a request ends are refused (RFC 9112, 6.3)', async () => {
    const both = 'content-length: 4\r\ntransfer-encoding: chunked\r\n';
    const answer = await raw(
      service,
      `POST /hats/v1/hats HTTP/1.1\r\nhost: x\r\n${both}\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('a path', () => {
  it.each([
    '/hats/v1/hats/..',
    '/hats/v1/hats/../hats/mine',
    '/hats/v1/hats/%2e%2e',
    '/hats/v1/hats/%2E%2E%2Fmine',
    '/hats/v1/hats/..%5Cmine',
    '/hats/v1/hats/mine%00',
    '/hats/v1/hats/mine%0d%0a',
    '/hats/v1/hats/%c0%ae%c0%ae',
    '/hats/v1/hats/%2Fmine',
    '/hats/v1/hats/mine%2F',
    '//hats/v1/hats/mine',
  ])('that would be another is refused: %s', async (path) => {
    const answer = await raw(
      service,
      `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${operator}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(answer).toContain('application/problem+json');
  });
});

describe('a browser', () => {
  it('is told to come by TLS only, and to neither run nor frame nor share anything', async () => {
    const { headers } = await ask(service, '/hats/v1/hats', {
      authorization: operator,
      origin: 'https://evil.example',
    });
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=31536000/);
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-powered-by')).toBeNull();
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('gets no leave to ask from another origin', async () => {
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const { status, headers } = await ask(service, '/hats/v1/hats', { method: 'OPTIONS', ...asked });
    expect(status).toBe(404);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});
