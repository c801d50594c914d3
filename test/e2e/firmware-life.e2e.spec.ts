import { execFile } from 'node:child_process';
import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newSigningKey, signingKeyOf } from '@edgeflow/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from './scripted-device.js';
import { imageOf, StandaloneUnderTest, type Answer } from './standalone.harness.js';

const MODEL = 'board';
let standalone: StandaloneUnderTest;
let device: ScriptedDevice;
const ids = new Map<string, string>();
const url = new Map<string, string>();

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await upload(version);
  device = await ScriptedDevice.online(standalone, { org: 'acme', device_id: 'dev_1', model: MODEL, version: '1.0.0' });
  for (const version of ['1.1.0', '1.2.0']) {
    url.set(version, (await device.updateTo(version)).url);
    await device.reboot(version);
    await device.eventually(({ ota_status }) => ota_status === 'completed');
  }
});
afterAll(() => standalone.dispose());

interface Problem {
  code: string;
  status: string;
  [member: string]: unknown;
}

async function upload(version: string): Promise<void> {
  const image = imageOf();
  const { status, body } = await standalone.upload<{ firmware_id: string }>('acme', image, { version, models: MODEL });
  expect(status).toBe(201);
  ids.set(version, body.firmware_id);
}

const remove = (version: string): Promise<Answer<Problem>> =>
  standalone.ask('acme', 'publisher', 'DELETE', `/registry/v1/firmware/${ids.get(version)}`);

describe('firmware that a device runs or may go back to', () => {
  it('is not deleted, with the numbers of who needs it', async () => {
    expect(await remove('1.2.0')).toMatchObject({
      ...{ status: 409, body: { code: 'firmware-in-use', running: 1, may_go_back: 0, rollouts: 0 } },
    });
    expect(await remove('1.1.0')).toMatchObject({
      ...{ status: 409, body: { code: 'firmware-in-use', running: 0, may_go_back: 1, rollouts: 0 } },
    });
  });

  it('is deleted once nobody needs it: its image, its link and its updates are gone', async () => {
    await upload('1.3.0');
    url.set('1.3.0', (await device.updateTo('1.3.0')).url);
    await device.reboot('1.3.0');
    await device.eventually(({ ota_status }) => ota_status === 'completed');
    expect((await device.download(url.get('1.1.0') ?? '')).status).toBe(200);
    const gone = await standalone.eventually(
      () => remove('1.1.0'),
      ({ status }) => status === 202,
    );
    expect(gone.status).toBe('deleted');
    expect((await device.download(url.get('1.1.0') ?? '')).status).toBe(404);
    expect(await device.askFor('1.1.0')).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    const list = (query: string) => () =>
      standalone.ask<{ items: { version: string }[] }>('acme', 'viewer', 'GET', `/query/v1/firmware${query}`);
    const versions = (answer: Answer<{ items: { version: string }[] }>) => answer.body.items.map((one) => one.version);
    await standalone.eventually(list('?deleted=true'), (answer) => versions(answer).join() === '1.1.0');
    expect(versions(await list('')())).toEqual(['1.3.0', '1.2.0', '1.0.0']);
  });

  it('may be uploaded anew, as another image, which devices get', async () => {
    const image = imageOf();
    const { status, body } = await standalone.upload<{ firmware_id: string }>('acme', image, {
      ...{ version: '1.1.0', models: MODEL, release_counter: 2 },
    });
    expect({ status, id: body.firmware_id }).toEqual({ status: 201, id: ids.get('1.1.0') });
    const offer = await device.updateTo('1.1.0');
    expect(offer.sha256).toBe(image.sha256);
    expect(await device.download(offer.url)).toEqual({ status: 200, sha256: image.sha256 });
  });
});

describe('an image that is revoked after its devices were told', () => {
  const online = (device_id: string) =>
    ScriptedDevice.online(standalone, { org: 'acme', device_id, model: 'pulled', version: '1.0.0' });

  it('comes to none of them again over a reconnect, but to the one whose download had begun', async () => {
    const { status, body } = await standalone.upload<{ firmware_id: string }>('acme', imageOf(), {
      ...{ version: '2.0.0', models: 'pulled' },
    });
    expect(status).toBe(201);
    const [idle, busy] = [await online('pulled_idle'), await online('pulled_busy')];
    const told = await idle.updateTo('2.0.0');
    const begun = await busy.updateTo('2.0.0');
    busy.tunnel.send({ type: 'progress', update_id: begun.update_id, phase: 'downloading', progress: 10 });
    await busy.eventually(({ progress }) => progress === 10);
    for (const { tunnel } of [idle, busy]) {
      tunnel.cut();
      await tunnel.closed;
    }
    const revoke = `/registry/v1/firmware/${body.firmware_id}/revoke`;
    expect(await standalone.ask('acme', 'publisher', 'POST', revoke, { reason: 'it bricks' })).toMatchObject({
      status: 202,
    });
    for (const one of [idle, busy]) await one.connect();
    expect(await busy.tunnel.next('update')).toMatchObject({ update_id: begun.update_id });
    expect(await idle.tunnel.next('cancel')).toMatchObject({ update_id: told.update_id });
    await idle.eventually(({ ota_status }) => ota_status === 'idle');
    expect(idle.tunnel.frames.map(({ type }) => type)).not.toContain('update');
    const path = '/query/v1/devices/pulled_idle/events?limit=200';
    const { body: events } = await standalone.ask<{ items: { type: string; data: { code?: string } }[] }>(
      ...(['acme', 'viewer', 'GET', path] as const),
    );
    const ends = events.items.filter(({ type }) => type === 'UpdateCancelled');
    expect(ends.map(({ data }) => data.code)).toEqual(['firmware-revoked']);
    await busy.reboot('2.0.0');
    await busy.eventually(({ ota_status }) => ota_status === 'completed');
    for (const { tunnel } of [idle, busy]) await tunnel.close();
  });
});

describe('a second signing key', () => {
  it('is taken with the word of the first, and never without', async () => {
    const next = await newSigningKey('acme-next');
    const { kid, public_key } = next;
    const register = (more: object): Promise<Answer<Problem>> =>
      standalone.ask('acme', 'admin', 'POST', '/registry/v1/keys', { kid, public_key, ...more });
    for (const more of [{}, { first: true }, { first: false }]) {
      expect(await register(more)).toMatchObject({ status: 409, body: { code: 'key-not-chained' } });
    }
    expect(await register({ statement: await standalone.endorse('acme', next) })).toMatchObject({ status: 201 });
  });

  it('comes by the lines for openssl in docs/signing.md, to the end', async () => {
    const page = await readFile(new URL('../../docs/signing.md', import.meta.url), 'utf8');
    const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const work = join(standalone.home, 'openssl');
    await mkdir(work);
    const jwk = JSON.parse(await readFile(join(standalone.home, 'keys', 'globex.publisher.jwk'), 'utf8')) as JsonWebKey;
    const pem = createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' });
    await writeFile(join(work, 'acme.pem'), pem);
    const image = imageOf();
    await writeFile(join(work, 'image.bin'), image.bytes);
    const { kid } = await signingKeyOf(jwk);
    const stated = { KID: kid, NEXT_KID: 'ci-2', ORG: 'globex', MODEL: MODEL, VERSION: '1.1.0', RELEASE_COUNTER: '8' };
    const tokens = {
      ADMIN: (await standalone.token('globex', 'admin')).trim(),
      PUBLISHER: (await standalone.token('globex', 'publisher')).trim(),
    };
    const O = standalone.endpoints.http_origin.replace(/\/$/, '');
    const env = { ...process.env, ...stated, ...tokens, O, EXPIRES_AT: '2099-01-01T00:00:00Z' };
    const script = ['set -eu', 'openssl genpkey -algorithm ed25519 -out acme-next.pem', ...lines].join('\n');
    await promisify(execFile)('sh', ['-c', script], { cwd: work, env });
    const keys = await standalone.ask<{ items: object[] }>('globex', 'viewer', 'GET', '/registry/v1/keys');
    expect(keys.body.items).toEqual([expect.objectContaining({ kid }), expect.objectContaining({ kid: 'ci-2' })]);
    const firmware = await standalone.eventually(
      () => standalone.ask<{ items: object[] }>('globex', 'viewer', 'GET', '/query/v1/firmware'),
      ({ body }) => body.items.length > 0,
    );
    expect(firmware.items).toMatchObject([
      { version: '1.1.0', sha256: image.sha256, signed_by: kid, release_counter: 8 },
    ]);
    await rm(work, { recursive: true });
  });
});

describe('an organization that keeps one version of each model', () => {
  it('loses none that a device runs or may go back to, and all until it says so', async () => {
    const [org, model] = ['globex', 'kept'];
    const put = async (version: string): Promise<void> => {
      const { status } = await standalone.upload(org, imageOf(), { version, models: model });
      expect(status).toBe(201);
    };
    for (const version of ['1.0.0', '1.1.0']) await put(version);
    const runner = await ScriptedDevice.online(standalone, { org, device_id: 'kept_1', model, version: '1.0.0' });
    await runner.updateTo('1.1.0');
    await runner.reboot('1.1.0');
    await runner.eventually(({ ota_status }) => ota_status === 'completed');
    for (const version of ['1.2.0', '1.3.0', '1.4.0']) await put(version);
    const versions = async (): Promise<string[]> => {
      const path = `/query/v1/firmware?model=${model}`;
      const { body } = await standalone.ask<{ items: { version: string }[] }>(org, 'viewer', 'GET', path);
      return body.items.map(({ version }) => version).toSorted();
    };
    await expect.poll(versions, { timeout: 30_000 }).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0']);
    expect(await standalone.ask(org, 'viewer', 'GET', '/registry/v1/retention')).toMatchObject({
      body: { keep_last: null },
    });
    const kept = await standalone.ask(org, 'admin', 'PUT', '/registry/v1/retention', { keep_last: 1 });
    expect(kept.status).toBe(200);
    await expect.poll(versions, { timeout: 60_000 }).toEqual(['1.0.0', '1.1.0', '1.4.0']);
    // Another one takes the place of the newest, which nobody needs either.
    await put('1.5.0');
    await expect.poll(versions, { timeout: 60_000 }).toEqual(['1.0.0', '1.1.0', '1.5.0']);
    const back = await standalone.ask(org, 'operator', 'POST', '/orchestrator/v1/devices/kept_1/rollback', {});
    expect(back.status).toBe(202);
    expect(await runner.tunnel.next('update')).toMatchObject({ version: '1.0.0' });
    await runner.tunnel.close();
  });
});
