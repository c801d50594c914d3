import { S3ObjectStore } from '@edgeflow/object-store';
import { systemClock } from '@edgeflow/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from './scripted-device.js';
import { imageOf, StandaloneUnderTest } from './standalone.harness.js';

let standalone: StandaloneUnderTest;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
});
afterAll(() => standalone.dispose());

describe('the main job', () => {
  it('brings an uploaded image onto a device, and its record follows', async () => {
    const image = imageOf();
    const device = await ScriptedDevice.online(standalone, {
      org: 'acme',
      device_id: 'dev_1',
      model: 'board',
      version: '1.0.0',
    });
    const uploaded = await standalone.upload<{ key: string }>('acme', image, { version: '1.1.0', models: 'board' });
    expect(uploaded).toMatchObject({ status: 201, body: { key: `firmware/acme/1.1.0/${image.sha256}.bin` } });

    const offer = await device.updateTo('1.1.0');
    expect(offer).toMatchObject({ version: '1.1.0', sha256: image.sha256, size: image.bytes.length, number: 1 });
    expect(offer.url).toMatch(new RegExp(`^${standalone.endpoints.origin}/`));
    expect(await device.download(offer.url)).toEqual({ status: 200, sha256: image.sha256 });
    device.tunnel.send({ type: 'progress', update_id: offer.update_id, phase: 'downloading', progress: 100 });
    await device.eventually((record) => record.ota_status === 'updating' && record.target_version === '1.1.0');

    await device.reboot('1.1.0');
    const record = await device.eventually(({ ota_status }) => ota_status === 'completed');
    expect(record).toMatchObject({ current_version: '1.1.0', target_version: '1.1.0', progress: 100 });
    const fixed = ['device_id', 'current_version', 'target_version', 'ota_status', 'progress', 'last_update_at'];
    expect(Object.keys(record).slice(0, fixed.length)).toEqual(fixed);
  });

  it('refuses a download URL that was altered', async () => {
    const story = { org: 'acme', device_id: 'dev_2', model: 'board', version: '1.0.0' };
    const device = await ScriptedDevice.online(standalone, story);
    const { url } = await device.updateTo('1.1.0');
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('3600');
    for (const altered of [url.replace('X-Amz-Expires=3600', 'X-Amz-Expires=36000'), url.replace('.bin?', '.bio?')]) {
      expect((await device.download(altered)).status).toBe(403);
    }
    expect((await device.download(url.split('?')[0] ?? '')).status).toBe(403);
  });
});

describe('an upload with a wrong SHA-256', () => {
  it('is refused and leaves nothing behind', async () => {
    const wrong = imageOf();
    const stated = { version: '7.0.0', models: 'board', sha256: 'a'.repeat(64) };
    const { status, body } = await standalone.upload<{ code: string }>('acme', wrong, stated);
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'checksum-mismatch' });
    const path = '/query/v1/firmware';
    const { body: list } = await standalone.ask<{ items: { version: string }[] }>('acme', 'viewer', 'GET', path);
    expect(list.items.map(({ version }) => version)).not.toContain('7.0.0');
    const store = new S3ObjectStore(standalone.endpoints.s3, systemClock);
    expect(await Array.fromAsync(store.list('firmware/acme/7.0.0/'))).toEqual([]);
    expect(await Array.fromAsync(store.openUploads(''))).toEqual([]);
  });

  it('does not stand in the way of the right one', async () => {
    const image = imageOf();
    expect((await standalone.upload('acme', image, { version: '7.0.0', models: 'board' })).status).toBe(201);
    expect((await standalone.upload('acme', image, { version: '7.0.0', models: 'board' })).status).toBe(200);
    const other = await standalone.upload('acme', imageOf(), { version: '7.0.0', models: 'board' });
    expect(other).toMatchObject({ status: 409, body: { code: 'version-exists' } });
  });
});
