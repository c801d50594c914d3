import { describe, expect, expectTypeOf, it } from 'vitest';
import { ApiError } from './api-error.js';
import { EdgeFlowClient, type ClientOptions } from './client.js';
import type { Answer } from './routes.js';

/** An origin that gives these answers, one after the other, and remembers what it was asked. */
function originOf(...answers: { status?: number; headers?: Record<string, string>; body?: unknown }[]) {
  const asked: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    asked.push(request);
    const { status = 200, headers = {}, body = {} } = answers.shift() ?? {};
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
  };
  const client = (options: Partial<ClientOptions> = {}): EdgeFlowClient =>
    new EdgeFlowClient({ origin: 'https://ota.example', token: 't0ken', fetch, ...options });
  return { asked, client };
}

const busy = { status: 503, headers: { 'retry-after': '0' }, body: { code: 'log-unavailable', detail: 'later' } };

describe('a request', () => {
  it('goes where its path and its query say, as whom the token says', async () => {
    const { asked, client } = originOf({ body: { device_id: 'a/b', position: 4 } });
    const device = await client().get('/query/v1/devices/{device_id}', {
      path: { device_id: 'a/b' },
      query: { after: 4 },
    });
    expectTypeOf(device.current_version).toEqualTypeOf<string | null>();
    expect(device.device_id).toBe('a/b');
    const [{ method, url, headers }] = asked as [Request];
    expect([method, url]).toEqual(['GET', 'https://ota.example/query/v1/devices/a%2Fb?after=4']);
    expect(headers.get('authorization')).toBe('Bearer t0ken');
  });

  it('brings its body, in the scheme that is asked for', async () => {
    const { asked, client } = originOf({ status: 201 });
    const body = { device_id: 'd', model: 'm', public_key: { kty: 'OKP', crv: 'Ed25519', x: 'x' } } as const;
    await client({ scheme: 'Claim', token: async () => ' efc.a\n' }).post('/gateway/v1/devices', { body });
    expect(await asked[0]!.json()).toEqual(body);
    expect(asked[0]!.headers.get('authorization')).toBe('Claim efc.a');
    expect(asked[0]!.headers.get('content-type')).toBe('application/json');
    expect(asked[0]!.headers.has('idempotency-key')).toBe(false);
  });

  it('that is refused is one error, with all that the problem document says', async () => {
    const problem = { status: 404, code: 'device-unknown', detail: 'nobody knows d', device_id: 'd' };
    const { client } = originOf({ status: 404, body: problem });
    const error = await client()
      .get('/query/v1/devices/{device_id}', { path: { device_id: 'd' } })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 404, code: 'device-unknown', detail: 'nobody knows d', problem });
    expect(String(error)).toContain('GET /query/v1/devices/d: device-unknown (404), nobody knows d');
  });

  it('that a proxy refuses is an error as well', async () => {
    const { client } = originOf({ status: 502, body: '<html>bad gateway</html>' });
    await expect(client().get('/query/v1/devices')).rejects.toMatchObject({
      status: 502,
      code: 'no-problem-document',
      detail: '<html>bad gateway</html>',
    });
  });

  it('may be any other, which is answered as it is', async () => {
    const { asked, client } = originOf({ status: 409, body: { code: 'conflict' } });
    const response = await client().ask('POST', '/orchestrator/v1/x?y=1', { body: { z: 1 } });
    expect([response.status, await response.json()]).toEqual([409, { code: 'conflict' }]);
    expect([asked[0]!.url, await asked[0]!.text()]).toEqual(['https://ota.example/orchestrator/v1/x?y=1', '{"z":1}']);
  });
});

describe('a refusal that passes', () => {
  it('is waited out, with a fresh token each time', async () => {
    let n = 0;
    const { asked, client } = originOf(busy, { ...busy, status: 429 }, { body: { items: [], position: 9 } });
    const page = await client({ token: () => `t${++n}` }).get('/query/v1/devices');
    expect(page.position).toBe(9);
    expect(asked.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t3']);
  });

  it('ends the request after so many tries', async () => {
    const { asked, client } = originOf(busy, busy, busy);
    await expect(client({ retry: { tries: 2 } }).get('/query/v1/devices')).rejects.toMatchObject({
      code: 'log-unavailable',
      retry_after_s: 0,
    });
    expect(asked).toHaveLength(2);
  });

  it('of a request to the orchestrator is the same request again', async () => {
    const { asked, client } = originOf(busy, busy, { status: 202 }, { status: 202 });
    const body = { device_id: 'd', version: '1.0.0' };
    await client().post('/orchestrator/v1/updates', { body });
    await client().post('/orchestrator/v1/updates', { body, idempotency_key: 'mine' });
    const keys = asked.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[\w-]{36}$/);
    expect(keys).toEqual([keys[0], keys[0], keys[0], 'mine']);
    expect(await Promise.all(asked.slice(0, 3).map((one) => one.json()))).toEqual([body, body, body]);
  });

  it('of one that might have been done is not tried again', async () => {
    const { asked, client } = originOf(busy, { status: 201 });
    await expect(client().post('/gateway/v1/claims', { body: { uses: 1 } })).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(1);
  });

  it('is not waited for when the signal aborts', async () => {
    const { client } = originOf({ ...busy, headers: { 'retry-after': '60' } });
    const stop = new AbortController();
    const asking = client().get('/query/v1/devices', { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 10);
    await expect(asking).rejects.toThrow('enough');
  });

  it('waits and is named by the platform that is given', async () => {
    const { asked, client } = originOf({ ...busy, headers: { 'retry-after': '60' } }, { body: { position: 1 } });
    const slept: number[] = [];
    const clock = { sleep: async (ms: number) => void slept.push(ms) };
    const platform = { clock, entropy: { uuid: () => 'drawn' } };
    const body = { device_id: 'dev_1', version: '2.0.0' };
    await client({ platform }).post('/orchestrator/v1/updates', { body });
    expect(slept).toEqual([60_000]);
    expect(asked.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['drawn', 'drawn']);
  });
});

describe('a list', () => {
  it('is read page after page, as it is asked for', async () => {
    const page = (id: string, next_cursor: string | null) => ({ body: { items: [{ device_id: id }], next_cursor } });
    const { asked, client } = originOf(page('a', 'c1'), page('b', 'c2'), page('c', null));
    const seen: string[] = [];
    for await (const { device_id } of client().items('/query/v1/devices', { query: { limit: 1, fleet: 'north' } })) {
      seen.push(device_id);
      if (device_id === 'a') expect(asked).toHaveLength(1);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(asked.map(({ url }) => new URL(url).search)).toEqual([
      '?limit=1&fleet=north',
      '?limit=1&fleet=north&cursor=c1',
      '?limit=1&fleet=north&cursor=c2',
    ]);
  });
});

describe('a query after a write', () => {
  const write = { status: 202, body: { position: 7 } };
  const update = { body: { device_id: 'd', version: '1.0.0' } };

  it('waits for it, where the client reads its own writes', async () => {
    const { asked, client } = originOf({}, write, { body: { next_cursor: null, items: [] } }, {});
    const own = client({ reads_own_writes: true });
    await own.get('/query/v1/devices');
    await own.post('/orchestrator/v1/updates', update);
    for await (const _ of own.items('/query/v1/devices', { query: { tag: 'x' } }));
    await own.get('/query/v1/devices', { query: { after: 9 } });
    const searches = asked.map(({ url }) => new URL(url).search);
    expect(searches).toEqual(['', '', '?after=7&tag=x', '?after=9']);
  });

  it('does not wait elsewhere', async () => {
    const { asked, client } = originOf(write);
    const other = client();
    await other.post('/orchestrator/v1/updates', update);
    await other.get('/query/v1/devices');
    expect(new URL(asked[1]!.url).search).toBe('');
  });
});

describe('an upload', () => {
  it('has its fields before its file', async () => {
    const { asked, client } = originOf({ status: 201, body: { key: 'k' } });
    const fields = { version: '1.0.0', sha256: 'abc', models: ['m1', 'm2'], manifest: 'jws' };
    const answer = await client().upload(fields, new Blob(['image']), { name: 'a.bin' });
    expectTypeOf(answer).toEqualTypeOf<Answer<'/registry/v1/firmware', 'post'>>();
    const form = [...(await asked[0]!.formData()).entries()];
    expect(form.map(([name]) => name)).toEqual(['version', 'sha256', 'models', 'models', 'manifest', 'file']);
    const file = form.at(-1)![1] as File;
    expect([file.name, await file.text()]).toEqual(['a.bin', 'image']);
  });
});
