import { deviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { eventsOf } from './events-of.js';
import { rawHttp } from './raw-http.js';

let standalone: StandaloneUnderTest;
beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
});
afterAll(() => standalone.dispose());

interface Problem {
  code?: string;
}

const post = (path: string, body: object, role: 'admin' | 'operator' = 'admin') =>
  standalone.ask<Problem>('acme', role, 'POST', path, body);

/** A request with a body that is sent as it is. */
async function send(path: string, body: RequestInit['body'], type = 'application/json'): Promise<number> {
  const authorization = `Bearer ${await standalone.token('acme', 'admin')}`;
  const init = {
    method: 'POST',
    headers: { authorization, 'content-type': type },
    body,
    duplex: 'half',
  } as RequestInit;
  // A server that has refused hangs up on a body that does not end.
  return fetch(new URL(path, standalone.endpoints.http_origin), init).then(
    ({ status }) => status,
    () => 0,
  );
}

async function servicesAreReady(): Promise<void> {
  for (const prefix of ['registry', 'orchestrator', 'gateway', 'query']) {
    const { status } = await fetch(new URL(`/${prefix}/readyz`, standalone.endpoints.http_origin));
    expect(`${prefix} ${status}`).toBe(`${prefix} 200`);
  }
}

/** What stands for something in a subject, a path, or a query. */
const INJECTIONS = [
  'a.b',
  '*',
  '>',
  'a b',
  'a\u0000b',
  'ä',
  '',
  'x'.repeat(65),
  '../globex',
  "' OR 1=1 --",
  '__proto__.x',
  '$JS',
];

describe('an id that is no token', () => {
  it.each(INJECTIONS)('is refused in bodies: %j', async (id) => {
    const { public_key } = await deviceKeys();
    const device = { device_id: id, model: 'm1', public_key };
    expect(await post('/gateway/v1/devices', device)).toMatchObject({ status: 400 });
    const update = { device_id: id, version: '1.0.0' };
    expect((await post('/orchestrator/v1/updates', update, 'operator')).status).toBe(400);
  });

  it.each(INJECTIONS.filter((id) => id !== ''))('finds nothing in paths: %j', async (id) => {
    const part = encodeURIComponent(id);
    for (const path of [
      `/query/v1/devices/${part}`,
      `/query/v1/rollouts/${part}`,
      `/query/v1/devices/${part}/events`,
    ]) {
      const { status } = await standalone.ask<Problem>('acme', 'viewer', 'GET', path);
      expect([400, 404]).toContain(status);
    }
    expect([400, 404]).toContain((await post(`/gateway/v1/devices/${part}/revoke`, {})).status);
    expect([400, 404]).toContain((await post(`/registry/v1/firmware/${part}/revoke`, {})).status);
  });

  it.each([
    '/query/v1/devices/../rollouts',
    '/query/v1/%2e%2e/v1/devices',
    '/registry/v1/..%2f..%2fetc/passwd',
    '/%00',
  ])('and a path that leads out is refused: %s', async (path) => {
    const answer = await rawHttp(
      standalone.endpoints.http_origin,
      `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await standalone.token('acme', 'viewer')}\r\nconnection: close\r\n\r\n`,
    );
    expect([400, 404]).toContain(answer.status);
  });
});

describe('an upload', () => {
  const form = async (change: (form: FormData) => void): Promise<number> => {
    const image = imageOf(2_000);
    const stated = { version: '6.0.0', models: 'board', sha256: image.sha256, size: 2_000, release_counter: 1 };
    const body = new FormData();
    body.set('version', stated.version);
    body.set('sha256', stated.sha256);
    body.set('models', stated.models);
    body.set('manifest', await standalone.sign('acme', stated));
    body.set('file', new Blob([new Uint8Array(image.bytes)]), 'image.bin');
    change(body);
    const headers = { authorization: `Bearer ${await standalone.token('acme', 'publisher')}` };
    const url = new URL('/registry/v1/firmware', standalone.endpoints.http_origin);
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };

  it.each(['1.0.0/../../x', '../1.0.0', '1.0.0%2f..', 'v1.0.0', '1.0.0\u0000'])(
    'for a version that leads elsewhere is refused: %j',
    async (version) => expect(await form((body) => body.set('version', version))).toBe(400),
  );

  it('is called by its hash, whatever its file is called', async () => {
    const file = new Blob([new Uint8Array(imageOf(2_000).bytes)]);
    expect(await form((body) => body.set('file', file, '../../../etc/cron.d/x'))).toBe(400);
    expect(await form((body) => body.set('file', file, '..\\..\\x.exe'))).toBe(400);
  });

  it('names its fields once, and none that are not its own', async () => {
    expect(await form((body) => body.append('version', '7.0.0'))).toBe(400);
    expect(await form((body) => body.append('uploaded_by', 'ceo'))).toBe(400);
    expect(await form((body) => body.append('org', 'globex'))).toBe(400);
    expect(await form((body) => Array.from({ length: 500 }, (_, n) => body.append('models', `m${n}`)))).toBe(400);
  });
});

describe('members that are not for the client to say', () => {
  it('change nothing', async () => {
    const { public_key } = await deviceKeys();
    const evil = {
      org: 'globex',
      registered_by: 'ceo',
      claim_id: 'clm_x',
      revoked: true,
      position: 1,
      roles: ['admin'],
    };
    await post('/gateway/v1/devices', { device_id: 'dev_mass', model: 'm1', public_key, ...evil });
    const key = {
      name: 'ci',
      roles: ['viewer'],
      key_id: 'key_mine',
      issued_by: 'ceo',
      org: 'globex',
      secret_sha256: 'a',
    };
    await post('/registry/v1/api-keys', key);
    const events = await eventsOf(standalone);
    expect(events.filter(({ org }) => org === 'globex').map(({ type }) => type)).not.toContain('DeviceRegistered');
    const registered = events.find((event) => event.type === 'DeviceRegistered');
    expect(registered).toMatchObject({ org: 'acme', data: { device_id: 'dev_mass', registered_by: 'admin@acme' } });
    expect(registered?.data).not.toHaveProperty('claim_id');
    const issued = events.find((event) => event.type === 'ApiKeyIssued' && event.org === 'acme');
    expect(issued?.data).toMatchObject({ issued_by: 'admin@acme', roles: ['viewer'] });
    expect(issued?.data).not.toMatchObject({ key_id: 'key_mine' });
  });

  it('poison nothing', async () => {
    for (const body of ['{"__proto__":{"isAdmin":true}}', '{"constructor":{"prototype":{"x":1}}}']) {
      expect(await send('/gateway/v1/claims', body)).toBe(400);
    }
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });
});

describe('a body that is no body', () => {
  it.each<[string, RequestInit['body'], string?]>([
    ['two megabytes', 'x'.repeat(2 * 1024 * 1024)],
    ['JSON that is not', '{"uses":'],
    ['JSON that is very deep', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['a list', '[]'],
    ['another type', 'uses=5', 'application/x-www-form-urlencoded'],
    ['XML', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', 'application/xml'],
  ])('is refused: %s', async (_name, body, type) => {
    const status = await send('/gateway/v1/claims', body, type);
    expect(status === 0 || (status >= 400 && status < 500)).toBe(true);
    await servicesAreReady();
  });

  it('is cut off when it has no end', async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const status = await send('/gateway/v1/claims', endless);
    // The origin may be in the middle of it when the service hangs up.
    expect([0, 413, 502]).toContain(status);
    await servicesAreReady();
  });

  it.each<[string, string]>([
    ['two lengths', 'content-length: 4\r\ncontent-length: 5\r\n\r\nabcd'],
    ['a length and chunks', 'content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n'],
    ['a length that is no number', 'content-length: -1\r\n\r\n'],
    ['a header without end', `x: ${'a'.repeat(70_000)}\r\n\r\n`],
    ['a thousand headers', `${Array.from({ length: 3_000 }, (_, n) => `x-${n}: ${n}`).join('\r\n')}\r\n\r\n`],
  ])('is refused when it has %s', async (_name, rest) => {
    const head = 'POST /gateway/v1/claims HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
    const { status } = await rawHttp(standalone.endpoints.http_origin, head + rest);
    expect(status === 0 || (status >= 400 && status < 500)).toBe(true);
    await servicesAreReady();
  });
});

describe('a browser', () => {
  it('of another site is told nothing that it could use', async () => {
    const url = new URL('/query/v1/devices', standalone.endpoints.http_origin);
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    for (const method of ['OPTIONS', 'GET']) {
      const { headers } = await fetch(url, { method, headers: asked });
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });
});
