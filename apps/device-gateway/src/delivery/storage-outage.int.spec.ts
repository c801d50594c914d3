import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, startS3 } from '@edgeflow/embedded';
import { ObjectStore } from '@edgeflow/object-store';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { World } from '../testing/world.fixture.js';

const CREDENTIALS = { access_key_id: 'SPECKEY', secret_access_key: 'spec-secret' };
const KEY = 'firmware/acme/2.0.0/image.bin';
const IMAGE = Buffer.from('an image');

let world: World;
let folder: TemporaryFolder;

beforeAll(async () => {
  [world, folder] = await Promise.all([World.start(), temporaryFolder('s3-outage')]);
});
afterAll(async () => {
  await world.stop();
  await folder.remove();
});

describe('an update that is dispatched while the object store is away', () => {
  it('is offered when the store is back', async () => {
    const port = await freePort();
    const start = () => startS3({ dir: join(folder.path, 's3'), port, ...CREDENTIALS });
    const sha256 = createHash('sha256').update(IMAGE).digest('hex');
    const before = await start();
    const store = new ObjectStore({ endpoint: before.url, region: 'us-east-1', bucket: 'spec-bucket', ...CREDENTIALS });
    await store.ensureBucket();
    await store.put(KEY, bytes(), { metadata: { sha256 } });
    store.close();
    await before.stop();

    const gateway = await world.gateway({
      ...{ S3_ENDPOINT: before.url, S3_BUCKET: 'spec-bucket' },
      ...{ S3_ACCESS_KEY_ID: CREDENTIALS.access_key_id, S3_SECRET_ACCESS_KEY: CREDENTIALS.secret_access_key },
    });
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device, { key: KEY, sha256, size: IMAGE.byteLength });
    // Answered after the dispatch was seen: the tunnel does not wait for the store.
    tunnel.send('{"type":"telemetry"}');
    await tunnel.next('error');
    expect(tunnel.frames.some(({ type }) => type === 'update')).toBe(false);

    const after = await start();
    expect((await tunnel.next('update')).update_id).toBe(data.update_id);
    expect(await world.all(device, 'DeviceUpdateReported')).toEqual([]);
    await tunnel.close();
    await after.stop();
  });
});

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(IMAGE);
}
