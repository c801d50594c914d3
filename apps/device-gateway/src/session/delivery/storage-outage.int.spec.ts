import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, startS3 } from '@edgeflow/embedded';
import { S3ObjectStore } from '@edgeflow/object-store';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { systemClock } from '@edgeflow/runtime';
import { MemoryConnection } from '../../testing/memory-connection.fixture.js';
import { updateOf } from '../../testing/update-of.fixture.js';
import { World, hello } from '../../testing/world.fixture.js';

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

/** A gateway whose object store holds the image and is away, and what brings the store back. */
async function withoutStore(GATEWAY_ID: string) {
  const port = await freePort();
  const start = () => startS3({ dir: join(folder.path, GATEWAY_ID), port, ...CREDENTIALS });
  const sha256 = createHash('sha256').update(IMAGE).digest('hex');
  const before = await start();
  const store = new S3ObjectStore(
    { endpoint: before.url, region: 'us-east-1', bucket: 'spec-bucket', ...CREDENTIALS },
    systemClock,
  );
  await store.ensureBucket();
  await store.put(KEY, bytes(), { metadata: { sha256 } });
  store.close();
  await before.stop();

  const gateway = await world.gateway({
    GATEWAY_ID,
    ...{ S3_ENDPOINT: before.url, S3_BUCKET: 'spec-bucket' },
    ...{ S3_ACCESS_KEY_ID: CREDENTIALS.access_key_id, S3_SECRET_ACCESS_KEY: CREDENTIALS.secret_access_key },
  });
  return { gateway, start, image: { key: KEY, sha256, size: IMAGE.byteLength } };
}

describe('an update that is dispatched while the object store is away', () => {
  it('is offered when the store is back', async () => {
    const { gateway, start, image } = await withoutStore('gw-1');
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const { data } = await world.dispatch(device, image);
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

  it('is not failed by a device that boots again and again meanwhile, and is once it was told and does', async () => {
    const { gateway, start, image } = await withoutStore('gw-2');
    const device = await world.device(gateway);
    let boot = 0;
    const boots = async (): Promise<MemoryConnection> => {
      const connection = await MemoryConnection.open(gateway, device);
      connection.say({ ...hello(), boot_id: `boot-${(boot += 1)}` });
      await connection.next('welcome');
      return connection;
    };
    const leaves = async (connection: MemoryConnection): Promise<void> => {
      connection.leave();
      await world.recorded(device, 'DeviceDisconnected', boot);
    };
    const first = await boots();
    await world.dispatch(device, { ...image, from_boot_id: 'boot-1' });
    await leaves(first);
    for (let n = 0; n < 3; n++) await leaves(await boots());
    const last = await boots();
    expect(await world.all(device, 'DeviceVersionReported')).toHaveLength(5);
    expect(await updateOf(world, device)).toMatchObject({ status: 'dispatched' });

    const after = await start();
    await last.next('update');
    await leaves(last);
    for (let n = 0; n < 2; n++) {
      const told = await boots();
      await told.next('update');
      await leaves(told);
    }
    const fallen = await boots();
    expect(await updateOf(world, device)).toMatchObject({ status: 'ending', ending: { code: 'reboot-loop' } });
    fallen.leave();
    await after.stop();
  });
});

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(IMAGE);
}
