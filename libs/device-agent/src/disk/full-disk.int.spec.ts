import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { planFor } from '../update/plan.fixture.js';
import { DiskDevice } from './disk-device.js';

const MIB = 1024 * 1024;
const DISK_MIB = 6;
const image = randomBytes(3 * MIB);
const plan = planFor(image);
const signal = new AbortController().signal;

const folder: TemporaryFolder = await temporaryFolder('full-disk');
const disk = join(folder.path, 'disk');
const isMounted = mounts();

/** A file system of its own, which only root may mount. */
function mounts(): boolean {
  try {
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('full-disk: a tmpfs cannot be mounted here, so that the real full disk is SKIPPED\n');
    return false;
  }
}

afterAll(async () => {
  if (isMounted) execFileSync('umount', ['--lazy', disk]);
  await folder.remove();
});

describe.skipIf(!isMounted)('a real disk of 6 MiB', () => {
  let device: DiskDevice;
  const ballast = join(disk, 'ballast');
  beforeAll(async () => {
    device = await DiskDevice.open({ ...systemMachine, directory: join(disk, 'device'), factory_version: '1.0.0' });
  });
  beforeEach(() => rm(ballast, { force: true }));
  const parts = () => readdir(join(disk, 'device', 'download'));

  it('that has no room for the image is not written to', async () => {
    await writeFile(ballast, Buffer.alloc(2.5 * MIB));
    await expect(device.openImage(plan)).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringContaining(`${image.length} bytes of the image`),
    });
    await device.discard(plan);
    expect(await parts()).toEqual([]);
  });

  it('that others fill meanwhile keeps no part, and the next smaller update works', async () => {
    const sink = await device.openImage(plan);
    await sink.write(image.subarray(0, MIB));
    await writeFile(ballast, Buffer.alloc(4 * MIB));
    await expect(sink.write(image.subarray(MIB))).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/after 1048576 of 3145728 bytes; without them \d+ bytes are free/),
    });
    await device.saveJournal({ status: 'idle' });
    await device.discard(plan);
    expect(await parts()).toEqual([]);
    await rm(ballast);
    const small = randomBytes(MIB);
    const next = planFor(small, { update_id: 'upd_2' });
    await (await device.openImage(next)).write(small);
    await device.install(next, signal);
    await device.activate(next);
    expect(await readFile((await device.currentSlot()).image)).toEqual(small);
  });
});
