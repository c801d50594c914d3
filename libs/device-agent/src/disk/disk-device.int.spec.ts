import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemMachine } from '@edgeflow/runtime';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateDeviceKey } from '../cloud/device-key.js';
import { planFor } from '../update/plan.fixture.js';
import { ImageLost } from '../update/update-failure.js';
import { DiskDevice, type DiskDeviceOptions } from './disk-device.js';
import { MemoryFiles } from '../memory/memory.js';

const image = Buffer.from('firmware '.repeat(1_000));
const plan = planFor(image);
let folder: TemporaryFolder;

beforeEach(async () => void (folder = await temporaryFolder('device')));
afterEach(async () => {
  for (const device of opened.splice(0)) await device.close();
  await folder.remove();
});

const opened: DiskDevice[] = [];
async function open(over: Partial<DiskDeviceOptions> = {}): Promise<DiskDevice> {
  const device = await DiskDevice.open({ ...systemMachine, directory: folder.path, factory_version: '1.0.0', ...over });
  opened.push(device);
  return device;
}
const signal = new AbortController().signal;
const path = (...names: string[]) => join(folder.path, ...names);

async function downloaded(device: DiskDevice): Promise<void> {
  const sink = await device.openImage(plan);
  await sink.write(image);
}

describe('a new device', () => {
  it('runs the version of the factory, and keeps its boot id when only the agent restarts', async () => {
    const first = await (await open()).running();
    expect(first.version).toBe('1.0.0');
    expect(await (await open({ factory_version: '9.0.0' })).running()).toEqual(first);
  });

  it('says that its version stays as far as a program of its own says so', async () => {
    expect(await (await open()).running()).not.toHaveProperty('confirmed');
    const device = await open({ confirmed_command: `test -f ${path('kept')}-{version}-{slot}` });
    expect(await device.running()).toMatchObject({ version: '1.0.0', confirmed: false });
    await writeFile(`${path('kept')}-1.0.0-a`, '');
    expect(await device.running()).toMatchObject({ version: '1.0.0', confirmed: true });
    const missing = await open({ confirmed_command: path('no-such-program') });
    expect(await missing.running()).toMatchObject({ confirmed: false });
  });

  it('makes its key once, readable by its owner only', async () => {
    const first = await loadOrCreateDeviceKey(path('device.jwk'), systemMachine);
    expect((await stat(path('device.jwk'))).mode & 0o777).toBe(0o600);
    expect((await loadOrCreateDeviceKey(path('device.jwk'), systemMachine)).public_key).toEqual(first.public_key);
  });

  it('does not change its identity because the key file is broken', async () => {
    await writeFile(path('device.jwk'), '{"kty":');
    await expect(loadOrCreateDeviceKey(path('device.jwk'), systemMachine)).rejects.toThrow('no usable device key');
  });
});

describe('an image on disk', () => {
  it('goes on after a restart with what it has, and says that it is from before', async () => {
    await (await (await open()).openImage(plan)).write(image.subarray(0, 5_000));
    const sink = await (await open()).openImage(plan);
    expect([sink.received, sink.resumed]).toEqual([5_000, true]);
    await sink.write(image.subarray(5_000));
    expect(await sink.digest()).toBe(plan.sha256);
  });

  it('of another update is not gone on with', async () => {
    await (await (await open()).openImage(plan)).write(image);
    const sink = await (await open()).openImage({ ...plan, update_id: 'upd_2' });
    expect(sink.received).toBe(0);
  });

  it('is deleted when it is discarded', async () => {
    const device = await open();
    await downloaded(device);
    await device.discard(plan);
    await expect(stat(path('download', 'image.part'))).rejects.toThrow('ENOENT');
  });

  it('that does not fit on the disk is a failed download that says so', async () => {
    const device = await open();
    // Linux: every write to this file ends with ENOSPC (full(4)).
    await writeFile(path('download', 'part.json'), JSON.stringify(plan));
    await symlink('/dev/full', path('download', 'image.part'));
    const sink = await device.openImage(plan);
    await expect(sink.write(image)).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/after 0 of 9000 bytes.* \d+ bytes are free/),
    });
    await expect(stat(path('download', 'image.part'))).rejects.toThrow('ENOENT');
  });
});

describe('an install', () => {
  it('fills the slot that does not run, and only a switch makes it run', async () => {
    const device = await open();
    const before = await device.running();
    await downloaded(device);
    await device.install(plan, signal);
    expect(await device.running()).toEqual(before);
    await device.activate(plan);
    const current = await device.currentSlot();
    expect(current).toMatchObject({ slot: 'b', record: { version: '2.0.0', sha256: plan.sha256 } });
    expect(current.boot_id).not.toBe(before.boot_id);
    expect(await readFile(current.image)).toEqual(image);
  });

  it('that a crash cut off is done again', async () => {
    const device = await open();
    await downloaded(device);
    // The crash came between the record of the slot and the move of the image.
    await mkdir(path('slots', 'b'), { recursive: true });
    await writeFile(path('slots', 'b', 'slot.json'), JSON.stringify({ origin: 'update', ...plan }));
    await device.install(plan, signal);
    await (await open()).install(plan, signal);
    expect(await readFile(path('slots', 'b', 'image.bin'))).toEqual(image);
  });

  it('runs the command with image, slot and version', async () => {
    const write = `"require('fs').writeFileSync('${path('said')}', process.argv.slice(1).join(' '))"`;
    const device = await open({ install_command: `${process.execPath} -e ${write} {image} {slot} {version}` });
    await downloaded(device);
    await device.install(plan, signal);
    expect(await readFile(path('said'), 'utf8')).toBe(`${path('slots', 'b', 'image.bin')} b 2.0.0`);
  });

  it('whose command fails leaves the device as it was once it is discarded', async () => {
    const device = await open({
      install_command: `${process.execPath} -e "console.error('bad board');process.exit(1)"`,
    });
    await downloaded(device);
    await expect(device.install(plan, signal)).rejects.toMatchObject({
      code: 'install-failed',
      message: expect.stringContaining('bad board'),
    });
    await device.discard(plan);
    await expect(stat(path('slots', 'b'))).rejects.toThrow('ENOENT');
    expect((await device.running()).version).toBe('1.0.0');
  });
});

describe('a slot that does not hold what was verified', () => {
  const slotImage = () => path('slots', 'b', 'image.bin');
  async function spoil(file: string): Promise<void> {
    const bytes = await readFile(file);
    bytes[0]! ^= 1;
    await writeFile(file, bytes);
  }

  it('is not switched to', async () => {
    const device = await open();
    await downloaded(device);
    await device.install(plan, signal);
    await spoil(slotImage());
    await expect(device.activate(plan)).rejects.toMatchObject({ code: 'install-failed' });
    await expect((await open()).confirm(plan, signal)).rejects.toMatchObject({ code: 'install-failed' });
    expect((await device.running()).version).toBe('1.0.0');
  });

  it('is filled anew before the install', async () => {
    const device = await open();
    await downloaded(device);
    await device.install(plan, signal);
    await spoil(slotImage());
    await downloaded(device);
    await device.install(plan, signal);
    expect(await readFile(slotImage())).toEqual(image);
  });

  it('because the image is gone is no failed install: it is downloaded once more', async () => {
    const device = await open();
    await expect(device.install(plan, signal)).rejects.toBeInstanceOf(ImageLost);
    await downloaded(device);
    await spoil(path('download', 'image.part'));
    await expect(device.install(plan, signal)).rejects.toBeInstanceOf(ImageLost);
  });

  it('after the switch is not well', async () => {
    const device = await open();
    await downloaded(device);
    await device.install(plan, signal);
    await device.activate(plan);
    await spoil(slotImage());
    expect(await device.confirm(plan, signal)).toMatchObject({ well: false });
  });

  it.each([
    ['version', { version: '3.0.0' }],
    ['image', { sha256: 'f'.repeat(64) }],
    ['size', { size: plan.size + 1 }],
  ])('of the same update with another %s is not this one', async (_, change) => {
    const device = await open();
    await downloaded(device);
    expect((await device.openImage({ ...plan, ...change })).received).toBe(0);
    await downloaded(device);
    await device.install(plan, signal);
    await expect(device.activate({ ...plan, ...change })).rejects.toMatchObject({ code: 'install-failed' });
  });
});

describe('what a worn flash, or another version of the agent, has left', () => {
  it.each(['', '{"origin":', '\0\0'])(
    'in the record of the slot that does not run is written over: %j',
    async (text) => {
      const device = await open();
      await mkdir(path('slots', 'b'), { recursive: true });
      await writeFile(path('slots', 'b', 'slot.json'), text);
      await device.discard(plan);
      await downloaded(device);
      await device.install(plan, signal);
      await device.activate(plan);
      expect((await device.currentSlot()).record).toMatchObject({ version: '2.0.0' });
    },
  );

  it.each(['', '{}', '[]', '{"status":"resting"}', '{"status":"toString"}', '{"status":"installing"}'])(
    'in the journal is no state to go on from: %j',
    async (text) => {
      const device = await open();
      await writeFile(path('journal.json'), text);
      await expect(device.loadJournal()).rejects.toThrow('journal.json');
      await device.saveJournal({ status: 'idle' });
      expect(await device.loadJournal()).toEqual({ status: 'idle' });
    },
  );
});

describe('a disk without room', () => {
  /** Room for so many bytes, on a disk in memory. */
  async function deviceWith(capacity: number): Promise<{ device: DiskDevice; files: MemoryFiles }> {
    const files = new MemoryFiles(() => 0.5);
    files.capacity = capacity;
    return { device: await open({ directory: '/device', files }), files };
  }

  it('is asked before the first byte', async () => {
    const { device, files } = await deviceWith(image.length);
    await expect(device.openImage(plan)).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(
        /^the disk has \d+ bytes free, not 9000 bytes of the image and 1048576 beside them$/,
      ),
    });
    expect(files.peek('/device/download/image.part')).toBeUndefined();
  });

  it('that others fill meanwhile fails the download, leaves nothing, and the next smaller one fits', async () => {
    const { device, files } = await deviceWith(image.length + 1_100_000);
    const sink = await device.openImage(plan);
    files.capacity = 5_000;
    await expect(sink.write(image)).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/after 0 of 9000 bytes; without them \d+ bytes are free/),
    });
    expect(files.peek('/device/download/image.part')).toBeUndefined();
    await device.saveJournal({ status: 'idle' });
    await device.discard(plan);
    files.capacity = 1_060_000;
    const small = planFor(Buffer.from('small'), { update_id: 'upd_2' });
    await (await device.openImage(small)).write(Buffer.from('small'));
    await device.install(small, signal);
    await device.activate(small);
    expect((await device.currentSlot()).record).toMatchObject({ update_id: 'upd_2' });
  });

  it('for the journal says so with its numbers', async () => {
    const { device, files } = await deviceWith(1_100_000);
    files.capacity = 0;
    await expect(device.saveJournal({ status: 'idle' })).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/journal.json cannot be written, -?\d+ bytes are free/),
    });
  });
});

describe('a boot', () => {
  async function installed(over: Partial<DiskDeviceOptions> = {}): Promise<DiskDevice> {
    const device = await open(over);
    await downloaded(device);
    await device.install(plan, signal);
    return device;
  }

  it('switches the slot when a crash came before the switch, and asks how the version is in the boot after that', async () => {
    const over = { health_command: `${process.execPath} -e process.exit(1)` };
    await installed(over);
    const device = await open(over);
    expect(await device.confirm(plan, signal)).toBe('not-booted');
    expect((await device.running()).version).toBe('2.0.0');
    expect(await (await open(over)).confirm(plan, signal)).toMatchObject({ well: false });
  });

  it('keeps its boot id when the agent dies in the middle of it', async () => {
    const device = await installed();
    await device.activate(plan);
    const { boot_id } = await device.running();
    await device.confirm(plan, signal);
    await (await open()).confirm(plan, signal);
    expect((await device.running()).boot_id).toBe(boot_id);
  });

  it('of a version that is not well goes back to the old one, in a boot of its own', async () => {
    const device = await installed({ health_command: `${process.execPath} -e process.exit(1)` });
    const before = await device.running();
    await device.activate(plan);
    expect(await device.confirm(plan, signal)).toEqual({ well: false, message: 'node ended with 1' });
    await device.rollBack(plan);
    await device.rollBack(plan);
    const after = await device.running();
    expect(after.version).toBe('1.0.0');
    expect(after.boot_id).not.toBe(before.boot_id);
    await expect(device.confirm(plan, signal)).rejects.toMatchObject({ code: 'rolled-back' });
  });

  it('keeps the slot that runs when an old update is discarded', async () => {
    const device = await installed();
    await device.confirm(plan, signal);
    await device.discard(plan);
    expect(await readFile((await device.currentSlot()).image)).toEqual(image);
  });

  it('is refused when the running slot is gone', async () => {
    await open();
    await rm(path('slots', 'a'), { recursive: true });
    await expect((await open()).running()).rejects.toThrow('slot.json');
  });
});
