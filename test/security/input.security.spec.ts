import { deviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest, type Role } from '../e2e/standalone.harness.js';
import { eventsOf } from './events-of.js';
import { drip, rawHttp } from './raw-http.js';

let standalone: StandaloneUnderTest;
let admin: string;
let publisher: string;
beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  [admin, publisher] = await Promise.all([standalone.token('acme', 'admin'), standalone.token('acme', 'publisher')]);
});
afterAll(() => standalone.dispose());

const SERVICES = ['registry', 'orchestrator', 'gateway', 'query'];
/** Bodies of these routes are JSON. */
const POSTS = ['/registry/v1/keys', '/orchestrator/v1/updates', '/orchestrator/v1/rollouts', '/gateway/v1/devices'];

const send = (method: string, path: string, body?: string, type = 'application/json') =>
  fetch(new URL(path, standalone.endpoints.http_origin), {
    method,
    headers: { authorization: `Bearer ${admin}`, ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body }),
  });

async function expectRefusal(answer: Response): Promise<void> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^[a-z-]+$/) });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
}

async function expectReady(): Promise<void> {
  for (const service of SERVICES) {
    const { status } = await fetch(new URL(`/${service}/readyz`, standalone.endpoints.http_origin));
    expect([service, status]).toEqual([service, 200]);
  }
}

const BAD_IDS = [
  ...['a~b', '*', '>', 'a.>', 'ota.acme.>', '$JS.API', ' ', 'a b', 'a\tb', 'a\r\nb', 'a\u0000b'],
  ...[
    'é',
    '設備',
    '\u202e',
    '\ud800',
    '',
    '.',
    '..',
    '../x',
    '..%2fx',
    '/',
    'a/b',
    'x'.repeat(65),
    "x' OR 1=1--",
    '{{7*7}}',
  ],
];

describe('an id that is none', () => {
  it.each(BAD_IDS)('is refused in bodies: %j', async (id) => {
    const { public_key } = await deviceKeys();
    const bodies: [string, object][] = [
      ['/gateway/v1/devices', { device_id: id, model: 'm', public_key }],
      ['/orchestrator/v1/updates', { device_id: id, version: '1.0.0' }],
      ['/orchestrator/v1/rollouts', { version: '1.0.0', target: { devices: [id] }, strategy: { type: 'all_at_once' } }],
    ];
    for (const [path, body] of bodies) {
      const answer = await send('POST', path, JSON.stringify(body));
      expect([path, answer.status]).toEqual([path, 400]);
      await expectRefusal(answer);
    }
  });

  it.each(BAD_IDS.filter((id) => !['', '.', '..', '\ud800'].includes(id)))('is refused in paths: %j', async (id) => {
    const encoded = encodeURIComponent(id);
    const paths: [string, string, string?][] = [
      ['GET', `/query/v1/devices/${encoded}`],
      ['GET', `/query/v1/devices/${encoded}/events`],
      ['GET', `/query/v1/rollouts/${encoded}`],
      ['POST', `/gateway/v1/devices/${encoded}/revoke`, '{}'],
      ['POST', `/gateway/v1/claims/${encoded}/revoke`, '{}'],
      ['POST', `/registry/v1/firmware/${encoded}/revoke`, '{}'],
      ['POST', `/registry/v1/api-keys/${encoded}/revoke`, '{}'],
      ['POST', `/orchestrator/v1/rollouts/${encoded}/pause`, '{}'],
      ['POST', `/orchestrator/v1/devices/${encoded}/rollback`, '{}'],
    ];
    for (const [method, path, body] of paths) {
      const { status } = await send(method, path, body);
      expect([path, [400, 404].includes(status)]).toEqual([path, true]);
    }
  });

  it('is refused in queries', async () => {
    for (const query of [
      'cursor=x',
      'cursor=%00',
      'after=-1',
      'after=x',
      'limit=0',
      'limit=1e9',
      'after=9'.padEnd(40, '9'),
    ]) {
      const { status } = await send('GET', `/query/v1/devices?${query}`);
      expect([query, status]).toEqual([query, 400]);
    }
  });
});

describe('an upload', () => {
  type Part = [name: string, value: string | Blob, file?: string];
  const image = imageOf(3_000);
  const file: Part = ['file', new Blob([new Uint8Array(image.bytes)]), 'image.bin'];

  async function post(parts: Part[]): Promise<Response> {
    const form = new FormData();
    for (const [name, value, filename] of parts) {
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, value, filename);
    }
    const headers = { authorization: `Bearer ${publisher}` };
    return fetch(new URL('/registry/v1/firmware', standalone.endpoints.http_origin), {
      method: 'POST',
      headers,
      body: form,
    });
  }
  const fields = (more: Record<string, string> = {}): Part[] =>
    Object.entries({ version: '1.0.0', sha256: image.sha256, models: 'board', ...more });
  const many = (count: number): Part[] => Array.from({ length: count }, (_, n) => ['models', `m${n}`]);

  it.each<[string, () => Part[]]>([
    ['a version that is a path', () => [...fields({ version: '../../1.0.0' }), file]],
    ['a version with a slash', () => [...fields({ version: '1.0.0/../../x' }), file]],
    ['a hash that is a path', () => [...fields({ sha256: '../'.repeat(21) + 'x' }), file]],
    ['a model that is a way up', () => [...fields({ models: '../x' }), file]],
    ['another extension', () => [...fields(), ['file', new Blob(['x']), '../../etc/passwd']]],
    ['a name with a NUL', () => [...fields(), ['file', new Blob(['x']), 'x.bin\u0000.exe']]],
    ['a field twice', () => [...fields(), ['version', '1.0.1'], file]],
    ['fields of its own', () => [...fields({ org: 'globex' }), file]],
    ['who uploaded it', () => [...fields({ uploaded_by: 'root' }), file]],
    ['where it goes', () => [...fields({ key: 'firmware/globex/1.0.0/x.bin' }), file]],
    ['all objects’ prototype', () => [...fields({ ['__proto__']: 'x', constructor: 'x' }), ['__proto__', 'x'], file]],
    ['10,000 parts', () => [...many(10_000), file]],
    ['a field of 1 MiB', () => [...fields({ release_notes: 'x'.repeat(1_048_576) }), file]],
    ['a name of 1 MiB', () => [...fields(), ['x'.repeat(1_048_576), 'x'], file]],
    ['two files', () => [...fields(), file, file]],
    ['no file', () => fields()],
  ])('is refused with %s', async (_what, parts) => expectRefusal(await post(parts())));

  it('goes where its hash says, whatever its file is called', async () => {
    const manifest = await standalone.sign('acme', {
      ...{ version: '1.0.0', models: 'board', sha256: image.sha256, size: 3_000, release_counter: 1 },
    });
    const answer = await post([...fields({ manifest }), ['file', file[1], '../../../globex/evil.bin']]);
    expect(await answer.json()).toMatchObject({ key: `firmware/acme/1.0.0/${image.sha256}.bin` });
  });
});

describe('a body', () => {
  const SELF = 'set-by-the-caller';
  const more = {
    ...{ org: 'globex', organization: 'globex', role: 'admin', roles_: ['admin'], position: 1, id: SELF },
    ...{
      registered_by: SELF,
      uploaded_by: SELF,
      requested_by: SELF,
      issued_by: SELF,
      changed_by: SELF,
      revoked_by: SELF,
    },
    ...{ request_id: SELF, claim_id: SELF, key_id: SELF, secret_sha256: SELF, source: SELF, time: SELF, revoked: true },
  };

  it('changes nothing but what it is for', async () => {
    const [one, two] = [await deviceKeys(), await deviceKeys()];
    const device = { device_id: 'dev_mass', model: 'board', public_key: one.public_key };
    const asked: [Role, string, string, object][] = [
      ['admin', 'POST', '/gateway/v1/devices', device],
      ['admin', 'POST', '/gateway/v1/devices/dev_mass/key', { public_key: two.public_key }],
      ['admin', 'POST', '/gateway/v1/claims', { uses: 1 }],
      ['admin', 'POST', '/registry/v1/api-keys', { name: 'ci', roles: ['viewer'] }],
      ['admin', 'POST', '/registry/v1/keys', { kid: 'mass', public_key: one.public_key }],
      ['admin', 'PUT', '/registry/v1/policy', { signature: 'required' }],
      ['operator', 'POST', '/orchestrator/v1/updates', { device_id: 'dev_mass', version: '1.0.0' }],
      [
        'operator',
        'POST',
        '/orchestrator/v1/rollouts',
        { version: '1.0.0', target: { devices: ['dev_mass'] }, strategy: { type: 'all_at_once' }, approval: 'start' },
      ],
      ['admin', 'POST', '/gateway/v1/devices/dev_mass/revoke', { reason: 'the suite' }],
    ];
    for (const [role, method, path, body] of asked) {
      const refused = await standalone.ask<{ code: string }>('acme', role, method, path, { ...body, ...more });
      expect([path, refused.status, refused.body.code]).toEqual([path, 400, 'invalid-request']);
      const { status } = await standalone.ask('acme', role, method, path, body);
      expect([path, status < 500, status === 401]).toEqual([path, true, false]);
    }
    const events = await eventsOf(standalone);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['DeviceRegistered', 'DeviceKeyRotated', 'ClaimIssued', 'ApiKeyIssued', 'DeviceRevoked']),
    );
    expect(events.filter((event) => JSON.stringify(event).includes(SELF))).toEqual([]);
    expect(events.filter(({ org, entity_id }) => org === 'globex' && entity_id.includes('mass'))).toEqual([]);
  });

  it.each(POSTS)('of %s that would change what all objects are is refused', async (path) => {
    for (const poison of ['"__proto__":{"is_admin":true}', '"constructor":{"prototype":{"is_admin":true}}']) {
      await expectRefusal(await send('POST', path, `{${poison}}`));
      await expectRefusal(await send('POST', path, `{"device_id":"x","target":{${poison}}}`));
    }
  });

  it.each<[string, string, string]>([
    ['JSON of 100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000), 'application/json'],
    ['objects of 50,000 levels', '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000), 'application/json'],
    ['no JSON', '{"device_id":', 'application/json'],
    ['a list', '[1,2,3]', 'application/json'],
    ['null', 'null', 'application/json'],
    ['a number', '7', 'application/json'],
    ['XML', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'application/xml'],
    ['a form', 'device_id=x', 'application/x-www-form-urlencoded'],
    ['text', 'x', 'text/plain'],
    ['a type that is none', '{}', ';;;'],
  ])('that is %s is refused by every service', async (_what, body, type) => {
    for (const path of POSTS) await expectRefusal(await send('POST', path, body, type));
    await expectReady();
  });
});

describe('a body of 2 MiB', () => {
  it('is not read by any service', async () => {
    for (const path of POSTS) {
      const { status } = await send('POST', path, `{"reason":"${'x'.repeat(2_097_152)}"}`);
      expect([path, status]).toEqual([path, 413]);
    }
    await expectReady();
  });
});

// At the same time: the origin takes two seconds to let go of each, and up to eighteen to lose its patience.
describe.concurrent('a request that is none', () => {
  const head = (...lines: string[]) => [...lines, '', ''].join('\r\n');
  const post = (...lines: string[]) =>
    head(
      'POST /gateway/v1/devices HTTP/1.1',
      'host: x',
      `authorization: Bearer ${admin}`,
      'content-type: application/json',
      ...lines,
    );
  const raw = (...args: [string, Parameters<typeof rawHttp>[2]?]) => rawHttp(standalone.endpoints.http_origin, ...args);

  it.each<[string, () => string]>([
    ['two lengths', () => `${post('content-length: 2', 'content-length: 40')}{}`],
    [
      'a length and chunks (CL.TE)',
      () => `${post('content-length: 4', 'transfer-encoding: chunked')}0\r\n\r\nGET /query/v1/devices HTTP/1.1\r\n\r\n`,
    ],
    [
      'chunks, oddly written (TE.TE)',
      () => `${post('transfer-encoding: xchunked', 'transfer-encoding: chunked')}0\r\n\r\n`,
    ],
    ['chunks with a blank before the colon', () => `${post('transfer-encoding : chunked')}0\r\n\r\n`],
    ['a chunk whose length is none', () => `${post('transfer-encoding: chunked')}-1\r\n\r\n`],
    ['a chunk that overflows', () => `${post('transfer-encoding: chunked')}fffffffffffffffff\r\n\r\n`],
    ['a length that is none', () => `${post('content-length: 2x')}{}`],
    ['a header over two lines', () => head('GET /query/livez HTTP/1.1', 'host: x', 'x-a: b', ' c')],
    ['a line feed alone', () => 'GET /query/livez HTTP/1.1\nhost: x\n\n'],
    ['a NUL in a header', () => head('GET /query/livez HTTP/1.1', 'host: x', 'x-a: \u0000')],
    ['another method', () => head('PROPFIND /query/v1/devices HTTP/1.1', 'host: x', 'connection: close')],
    ['a header of 64 KiB', () => head('GET /query/livez HTTP/1.1', 'host: x', `x-a: ${'x'.repeat(65_536)}`)],
    [
      '10,000 headers',
      () => head('GET /query/livez HTTP/1.1', 'host: x', ...Array.from({ length: 10_000 }, (_, n) => `x-${n}: 1`)),
    ],
    ['a path of 64 KiB', () => head(`GET /query/v1/${'x'.repeat(65_536)} HTTP/1.1`, 'host: x')],
    ['no HTTP', () => '\u0016\u0003\u0001\u0000'],
  ])('is refused or cut off, and is one request at most: %s', async (_what, bytes) => {
    const { status, text } = await raw(bytes());
    expect(status === 0 || (status >= 400 && status < 500)).toBe(true);
    expect(text.match(/HTTP\/1\.1 \d/g) ?? []).toHaveLength(status === 0 ? 0 : 1);
    await expectReady();
  });

  it('with 1,000 small headers does no harm', async () => {
    const lines = Array.from({ length: 1_000 }, (_, n) => `x-${n}: 1`);
    const { status } = await raw(head('GET /query/livez HTTP/1.1', 'host: x', 'connection: close', ...lines));
    expect(status === 0 || status < 500).toBe(true);
  });

  it('that never ends is cut off, however it goes on', { timeout: 120_000 }, async () => {
    const endless = {
      'slow headers': raw('GET /query/livez HTTP/1.1\r\nhost: x\r\n', drip('x-a: b\r\n', 1_000)),
      'no headers': raw('GET /query/livez HTTP/1.1\r\n'),
      'a slow body': raw(post('content-length: 1000'), drip('x', 1_000)),
      'no body': raw(post('content-length: 1000')),
      'slow chunks': raw(post('transfer-encoding: chunked'), drip('1\r\n{\r\n', 1_000)),
      'chunks without end': raw(post('transfer-encoding: chunked'), drip(`10000\r\n${'x'.repeat(65_536)}\r\n`, 5)),
    };
    for (const [what, answer] of Object.entries(endless)) {
      const { status } = await answer;
      expect([what, status === 0 || [400, 408, 413].includes(status), status]).toEqual([what, true, status]);
    }
    await expectReady();
  });
});

describe('a path that would be another', () => {
  it.each([
    '/query/v1/devices/../../registry/v1/keys',
    '/query/v1/devices/%2e%2e/%2e%2e/etc/passwd',
    '/query/v1/devices/..%2f..%2fsecret',
    '/query/v1/devices/..%5c..%5csecret',
    '/query/v1/devices/%00',
    '/query/v1/devices/%c0%ae%c0%ae',
    '/query/v1/devices/%',
    '/edgeflow/../query/v1/devices',
    '/../../etc/passwd',
    '/edgeflow/firmware/acme/../globex/x',
    'http://169.254.169.254/latest/meta-data',
  ])('is refused: %s', async (path) => {
    const bytes = `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${admin}\r\nconnection: close\r\n\r\n`;
    expect([400, 403, 404]).toContain((await rawHttp(standalone.endpoints.http_origin, bytes)).status);
  });
});

describe('a browser', () => {
  it('gets no leave from any service to ask from another page, and is told to keep to itself', async () => {
    for (const service of SERVICES) {
      const url = new URL(`/${service}/v1/devices`, standalone.endpoints.http_origin);
      const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
      const preflight = await fetch(url, { method: 'OPTIONS', headers: asked });
      const answer = await fetch(url, { headers: { ...asked, authorization: `Bearer ${admin}` } });
      for (const { status, headers } of [preflight, answer]) {
        expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
        expect(status).toBeLessThan(500);
      }
      expect(preflight.ok).toBe(false);
      // Not over plain http, and for no address: origins.security.spec.ts asks for it by a name.
      expect(answer.headers.get('strict-transport-security')).toBeNull();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(answer.headers.get('x-powered-by')).toBeNull();
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });
});
