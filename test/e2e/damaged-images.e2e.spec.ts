import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ObjectStore, S3ObjectStore } from '@edgeflow/object-store';
import { systemClock } from '@edgeflow/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedDevice } from './scripted-device.js';
import { imageOf, StandaloneUnderTest } from './standalone.harness.js';

let standalone: StandaloneUnderTest;
let store: ObjectStore;

/** Uploads an image; what it gives puts other bytes of the same length in its place, past all services. */
async function uploadedImage(version: string): Promise<() => Promise<void>> {
  const image = imageOf();
  const uploaded = await standalone.upload<{ key: string }>('acme', image, { version, models: 'board' });
  return () => store.put(uploaded.body.key, Readable.from([randomBytes(image.bytes.length)]));
}

async function deviceOn(device_id: string): Promise<ScriptedDevice> {
  return ScriptedDevice.online(standalone, { org: 'acme', device_id, model: 'board', version: '1.0.0' });
}

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  store = new S3ObjectStore(standalone.endpoints.s3, systemClock);
});
afterAll(() => standalone.dispose());

describe('an image that is altered in the object store', () => {
  it('before its update is not offered', async () => {
    const alter = await uploadedImage('2.0.0');
    const device = await deviceOn('dev_1');
    await alter();
    await standalone.eventually(
      () => device.askFor('2.0.0'),
      ({ body }) => body.code === undefined,
    );
    const record = await device.eventually(({ ota_status }) => ota_status === 'failed');
    expect(record).toMatchObject({ current_version: '1.0.0', failure: { code: 'image-corrupt' } });
    expect(device.tunnel.frames.map(({ type }) => type)).not.toContain('update');
  });

  it('between offer and download is refused by the device, which stays as it is', async () => {
    const alter = await uploadedImage('3.0.0');
    const device = await deviceOn('dev_2');
    const { update_id, url, sha256 } = await device.updateTo('3.0.0');
    await alter();
    const got = await device.download(url);
    expect(got.status).toBe(200);
    expect(got.sha256).not.toBe(sha256);
    device.tunnel.send({ type: 'failed', update_id, code: 'checksum-mismatch', message: `got ${got.sha256}` });
    const record = await device.eventually(({ ota_status }) => ota_status === 'failed');
    expect(record).toMatchObject({ current_version: '1.0.0', failure: { code: 'checksum-mismatch' } });
  });
});
