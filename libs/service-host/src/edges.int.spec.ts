import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hosted, ask, raw, type Answer } from './hosted.fixture.js';
import type { RunningService } from './index.js';

/** What every object has: a look-up by one of these names finds something in the emptiest of them. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype);

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
    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(body['detail']).toBe(
      'property org should not exist; property roles should not exist; property is_admin should not exist',
    );
  });

  it.each(['"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"'])('has no text that cannot be stored: %s', async (text) => {
    expect(await post(`{"name":${text}}`)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(await post(`{"name":"x",${text}:1}`)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });

  it.each([
    ['no JSON', '{"name":', 'application/json'],
    ['too deep', `${'['.repeat(33)}${']'.repeat(33)}`, 'application/json'],
    ['too large', JSON.stringify('x'.repeat(1024 * 1024)), 'application/json'],
    ['of another type', 'name=x', 'application/x-www-form-urlencoded'],
  ])('that is %s is looked at when it is known who sends it', async (_what, body, type) => {
    const asked = (authorization: string) =>
      fetch(`${service.url}/hats/v1/hats`, { method: 'POST', headers: { authorization, 'content-type': type }, body });
    expect((await asked('Bearer x')).status).toBe(401);
    expect((await asked(`Bearer ${await hosted.token('acme', 'viewer')}`)).status).toBe(403);
    expect([400, 413, 415]).toContain((await asked(operator)).status);
  });

  it.each(['content-length: 1000', 'transfer-encoding: chunked'])('is not waited for to say no: %s', async (length) => {
    const head = 'POST /hats/v1/hats HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n';
    const asked = (authorization: string): Promise<string> =>
      raw(service, `${head}authorization: ${authorization}\r\n${length}\r\n\r\n`);
    const [unknown, viewer] = [await asked('Bearer x'), await asked(`Bearer ${await hosted.token('acme', 'viewer')}`)];
    expect([unknown.slice(0, 12), viewer.slice(0, 12)]).toEqual(['HTTP/1.1 401', 'HTTP/1.1 403']);
  });

  it('that breaks off is no failure of the service', async () => {
    const authorization = `Bearer ${await hosted.token('leaver', 'operator')}`;
    const head = `POST /hats/v1/hats HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: ${authorization}`;
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(`${head}\r\ncontent-length: 100\r\n\r\n{"name":`);
    // Sooner, the request itself would be lost with the connection.
    setTimeout(() => socket.destroy(), 200);
    const outcomes = async () => (await hosted.trail('leaver')).map(({ outcome, status }) => [outcome, status]);
    await expect.poll(outcomes).toEqual([['refused', 400]]);
  });

  it('may be left out, whatever its type', async () => {
    const { status } = await ask(service, '/hats/v1/hats/own', { method: 'POST', authorization: operator, body: '' });
    expect(status).toBe(403);
  });

  it.each([
    '{"name":"bowler","__proto__":{"is_admin":true}}',
    '{"name":"bowler","constructor":{"prototype":{"is_admin":true}}}',
    '{"name":"bowler","\\u005f_proto__":{"is_admin":true}}',
  ])('that would change what all objects are is refused: %s', async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(({} as { is_admin?: boolean }).is_admin).toBeUndefined();
  });

  it.each(INHERITED)('has no member that every object has: %s', async (name) => {
    const member = `{"name":"bowler","${name}":{"a":1}}`;
    const { status, body } = await post(member);
    expect([status, body['code'], body['detail']]).toEqual([
      400,
      'invalid-request',
      `property ${name} should not exist`,
    ]);
    const deep = await post(`{"name":"bowler","reason":[${member}]}`);
    expect(deep.body['detail']).toBe(`property reason.0.${name} should not exist`);
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

  it.each([
    ['two lengths', 'content-length: 2\r\ncontent-length: 2\r\n\r\n{}'],
    ['two lengths in one', 'content-length: 2, 3\r\n\r\n{}'],
    ['a length with a sign', 'content-length: +2\r\n\r\n{}'],
    ['a blank before the colon', 'content-length : 2\r\n\r\n{}'],
    ['a folded line', 'x: a\r\n b\r\ncontent-length: 2\r\n\r\n{}'],
    ['a coding that is none', 'transfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a control character', 'user-agent: a\u0000b\r\ncontent-length: 2\r\n\r\n{}'],
    ['a chunk that is none', 'transfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['a bare line feed', 'x: a\nhost: y\r\ncontent-length: 2\r\n\r\n{}'],
  ])('with %s are refused, and the connection ends', async (_what, rest) => {
    const head = `POST /hats/v1/hats HTTP/1.1\r\nhost: x\r\nauthorization: ${operator}\r\ncontent-type: application/json\r\n`;
    const answer = await raw(service, `${head}${rest}GET /livez HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"invalid-request"');
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
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

describe('an expectation', () => {
  it('that nobody can meet is refused', async () => {
    const head = 'POST /hats/v1/hats?x HTTP/1.1\r\nhost: x\r\nexpect: 200-ok\r\nconnection: close\r\n';
    const answer = await raw(service, `${head}content-length: 2\r\n\r\n{}`);
    expect(answer).toMatch(/^HTTP\/1\.1 417 /);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('"instance": "/hats/v1/hats"');
  });
});

describe('a body of another type than JSON', () => {
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    'application/cbor',
    'json',
    ';',
    '',
  ];

  it.each([undefined, ...types])('is refused: %s', async (type) => {
    const head = `POST /hats/v1/hats HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: ${operator}\r\n`;
    const said = type === undefined ? '' : `content-type: ${type}\r\n`;
    const body = '{"name":"cap"}';
    for (const framed of [
      `content-length: ${body.length}\r\n\r\n${body}`,
      `transfer-encoding: chunked\r\n\r\ne\r\n${body}\r\n0\r\n\r\n`,
    ]) {
      const answer = await raw(service, head + said + framed);
      expect(answer).toMatch(/^HTTP\/1\.1 415 /);
      expect(answer).toMatch(/"code": ?"media-type-unsupported"/);
    }
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'is not what says %s',
    async (type) => {
      const init = { method: 'POST', authorization: operator, 'content-type': type, body: '{"name":"cap"}' };
      expect((await ask(service, '/hats/v1/hats', init)).status).toBe(201);
    },
  );
});

describe('a query', () => {
  it.each(['?a=b', '?limit=1', '?x'])('has no parameters that its route does not know: %s', async (query) => {
    const { status, body } = await ask(service, `/hats/v1/hats${query}`, { authorization: operator });
    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(body['detail']).toMatch(/^property (a|limit|x) should not exist$/);
  });

  it('names the parameter, and the member, that was meant', async () => {
    const wrong = { method: 'POST', authorization: operator, body: '{"name":"cap","raeson":"x"}' };
    const { body } = await ask(service, '/hats/v1/hats', wrong);
    expect(body['detail']).toBe('property raeson should not exist (did you mean reason?)');
    const asked = { method: 'POST', authorization: operator, body: '{"name":"cap"}' };
    const query = await ask(service, '/hats/v1/hats?X=1', asked);
    expect(query).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', detail: expect.stringContaining('property X ') },
    });
  });

  it.each(INHERITED)('has no parameter that every object has: %s', async (name) => {
    for (const method of ['GET', 'POST']) {
      const asked = { method, authorization: operator, ...(method === 'POST' && { body: '{"name":"cap"}' }) };
      const { status, body } = await ask(service, `/hats/v1/hats?${name}=1`, asked);
      expect([status, body['code']]).toEqual([400, 'invalid-request']);
      expect(body['violations']).toEqual([{ field: name, problem: `property ${name} should not exist` }]);
    }
  });

  it.each(['?actor=%00', '?a%00=b', '?a=1&a=%0d%0a', '?a=%7f', '?a=b%1bc'])(
    'has nothing invisible: %s',
    async (query) => {
      const { status, body } = await ask(service, `/hats/v1/hats${query}`, { authorization: operator });
      expect([status, body['code']]).toEqual([400, 'invalid-request']);
    },
  );

  it('of a probe is as the probe likes it', async () => {
    for (const path of ['/livez', '/readyz', '/metrics', '/openapi.json']) {
      expect((await fetch(`${service.url}${path}?t=1`)).status).toBe(200);
    }
  });
});

describe('a Host header', () => {
  const get = (...hosts: string[]) =>
    raw(
      service,
      ['GET /livez HTTP/1.1', ...hosts.map((host) => `host: ${host}`), 'connection: close', '\r\n'].join('\r\n'),
    );

  it.each([[[]], [['a', 'a']], [['a', 'b']], [['']], [['a b']], [['a/b']], [['a@b']], [['[::1']], [['a:port']]])(
    'is there once, and is one: %j',
    async (hosts) => {
      const answer = await get(...hosts);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('application/problem+json');
      expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    },
  );

  it.each(['localhost:8443', '127.0.0.1', '[::1]:80', 'edge_flow.example'])('may be %s', async (host) => {
    expect(await get(host)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is not asked of HTTP/1.0', async () => {
    expect(await raw(service, 'GET /livez HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a request for another protocol', () => {
  it.each(['h2c', 'websocket', 'h2c, websocket', 'TLS/1.0'])('is ignored (RFC 9110, 7.8): %s', async (token) => {
    const request = `host: x\r\nupgrade: ${token}\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABk\r\n`;
    const head = `POST /hats/v1/hats HTTP/1.1\r\n${request}authorization: ${operator}\r\ncontent-type: application/json\r\n`;
    const answers = [
      await raw(service, `GET /livez HTTP/1.1\r\n${request}\r\n`),
      await raw(service, `${head}content-length: 14\r\n\r\n{"name":"cap"}`),
      await raw(service, `${head}transfer-encoding: chunked\r\n\r\n7\r\n{"name"\r\n7\r\n:"cap"}\r\n0\r\n\r\n`),
    ];
    expect(answers.map((answer) => answer.slice(0, 12))).toEqual(['HTTP/1.1 200', 'HTTP/1.1 201', 'HTTP/1.1 201']);
    expect(answers[2]).toContain('{"name":"cap"}');
  });

  it('to be a proxy is refused', async () => {
    expect(await raw(service, 'CONNECT x:80 HTTP/1.1\r\nhost: x:80\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
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
