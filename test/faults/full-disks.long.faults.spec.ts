import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import { imageOf } from '../e2e/standalone.harness.js';
import { holds } from './invariants.js';
import { readyz } from './processes.js';
import { canMakeDisks, SmallDisk } from './small-disk.js';

const MIB = 2 ** 20;
let rollouts: Rollouts;
let disk: SmallDisk;

beforeEach(async () => {
  rollouts = await Rollouts.start();
});
afterEach(async () => {
  await rollouts.standalone.stop();
  await disk.remove();
  await rollouts.dispose();
});

async function says(service: string, wanted: (answer: { status: number; body: string }) => boolean): Promise<void> {
  const { standalone } = rollouts;
  await standalone.eventually(
    async () => (await standalone.look(), { status: 0, body: await readyz(standalone, service) }),
    ({ body }) => wanted(body),
  );
}

const isReady = ({ status }: { status: number }): boolean => status === 200;

describe.skipIf(!canMakeDisks)('a disk of PostgreSQL that is full', () => {
  it('is named by both folds, and they go on by themselves once there is room', async () => {
    const { standalone } = rollouts;
    disk = await SmallDisk.under(standalone, 'postgres', 256);
    const fleet = await rollouts.fleet('full');
    await fleet.join(ids(4, 'full'));
    await disk.fill();
    // Rows of a size that no page has room for.
    const device_ids = Array.from({ length: 40 }, (_, n) => `${'x'.repeat(50)}_${n}`);
    const ask = (device_id: string) => rollouts.post('updates', { device_id, version: '2.0.0' }).catch(() => undefined);
    await Promise.all(device_ids.map(ask));
    for (const service of ['rollout-orchestrator', 'projection']) {
      await says(service, ({ status, body }) => status === 503 && /database-unavailable: .*No space left/.test(body));
    }
    await disk.free();
    for (const service of ['rollout-orchestrator', 'projection']) await says(service, isReady);
    const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'full' } };
    expect((await rollouts.reaches(await rollouts.start(body, 4), 'completed')).succeeded).toBe(4);
    await holds(standalone);
  });
});

describe.skipIf(!canMakeDisks)('a disk of the object store that is full', () => {
  it('refuses an upload with a code, keeps nothing of it, is named, and takes it once there is room', async () => {
    const { standalone } = rollouts;
    disk = await SmallDisk.under(standalone, 's3', 24);
    const upload = (size: number, version: string) =>
      standalone.upload<{ code?: string; detail?: string }>('acme', imageOf(size), { version, models: 'full' });
    // In parts, of which the first have room.
    const refused = await upload(40 * MIB, '1.0.0');
    expect(refused).toMatchObject({
      status: 503,
      body: { code: 'storage-unavailable', detail: expect.stringMatching(/no room/) },
    });
    expect(await filesOfStore()).toEqual([]);
    await disk.fill();
    expect(await upload(100_000, '1.1.0')).toMatchObject({ status: 503, body: { code: 'storage-unavailable' } });
    await says(
      'firmware-registry',
      ({ status, body }) => status === 503 && /storage-unavailable: .*has no room/.test(body),
    );
    await disk.free();
    await says('firmware-registry', isReady);
    expect((await upload(100_000, '1.1.0')).status).toBe(201);
    // Its parts and the whole of it have room side by side.
    expect((await upload(8 * MIB, '1.2.0')).status).toBe(201);
    await holds(standalone);
  });
});

/** What the embedded store has on its disk of objects and of uploads, whole or not. */
async function filesOfStore(): Promise<string[]> {
  const found = await readdir(join(rollouts.standalone.home, 's3'), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.filter((path) => /\/(data|uploads|scratch)\//.test(path));
}
