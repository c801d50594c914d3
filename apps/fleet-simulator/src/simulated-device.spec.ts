import { createHash } from 'node:crypto';
import type { Plan } from '@edgeflow/device-agent';
import { systemMachine } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import type { Script } from './script.js';
import { SimulatedDevice } from './simulated-device.js';

const image = Buffer.from('an image');
const sha256 = createHash('sha256').update(image).digest('hex');
const plan: Plan = {
  update_id: 'upd_1',
  number: 1,
  firmware_id: 'fw_1',
  version: '2.0.0',
  sha256,
  size: image.length,
  force: false,
  deadline_at: '2100-01-01T00:00:00Z',
};
const signal = new AbortController().signal;

function deviceWith(fault: Script['fault']) {
  const seen = { bytes: 0, silent: 0, reverts: 0 };
  const device = new SimulatedDevice({
    ...systemMachine,
    version: '1.0.0',
    bandwidth: 0,
    postpone_s: 5,
    scriptFor: () => ({ fault, download_delay_ms: 0, install_delay_ms: 0 }),
    onBytes: (bytes) => void (seen.bytes += bytes),
    onSilent: () => void (seen.silent += 1),
    onRevert: () => void (seen.reverts += 1),
  });
  return { device, seen };
}

async function download(device: SimulatedDevice): Promise<string> {
  const sink = await device.openImage(plan, signal);
  await sink.write(image);
  return sink.digest();
}

describe('a simulated device', () => {
  it('really hashes, and comes back with the new version', async () => {
    const { device, seen } = deviceWith('none');
    const before = await device.running();
    expect(await download(device)).toBe(sha256);
    await device.install(plan, signal);
    await device.activate(plan);
    await device.confirm(plan);
    const after = await device.running();
    expect(after.version).toBe('2.0.0');
    expect(after.boot_id).not.toBe(before.boot_id);
    expect(seen.bytes).toBe(image.length);
  });

  it('has nobody who chooses, or somebody who declines, or who puts it off once', () => {
    expect(deviceWith('none').device.consentTo(plan)).toEqual({ answer: 'now' });
    expect(deviceWith('declines').device.consentTo(plan)).toMatchObject({ answer: 'never' });
    const { device } = deviceWith('postpones');
    expect(device.consentTo(plan)).toMatchObject({ answer: 'later', for_s: 5 });
    expect(device.consentTo(plan)).toEqual({ answer: 'now' });
    expect(device.consentTo({ ...plan, update_id: 'upd_2' })).toMatchObject({ answer: 'later' });
  });

  it('may get another image than was sent', async () => {
    expect(await download(deviceWith('checksum-mismatch').device)).not.toBe(sha256);
  });

  it('may fail to install', async () => {
    const { device } = deviceWith('install-failed');
    await expect(device.install(plan, signal)).rejects.toMatchObject({ code: 'install-failed' });
  });

  it('may come back on the old version, in a boot of its own', async () => {
    const { device } = deviceWith('came-back-old');
    const before = await device.running();
    await device.install(plan, signal);
    await device.activate(plan);
    await expect(device.confirm(plan)).rejects.toMatchObject({ code: 'rolled-back' });
    const after = await device.running();
    expect(after.version).toBe('1.0.0');
    expect(after.boot_id).not.toBe(before.boot_id);
  });

  it('may take the new version back later, unless it is about another update by then', async () => {
    const { device, seen } = deviceWith('reverts');
    await device.activate(plan);
    await device.confirm(plan);
    expect([seen.reverts, (await device.running()).version]).toEqual([1, '2.0.0']);
    expect(await device.revert(plan)).toBe(false);
    const { update_id, version, size } = plan;
    await device.saveJournal({ status: 'installed', update_id, version, sha256, size });
    expect(await device.revert(plan)).toBe(true);
    expect((await device.running()).version).toBe('1.0.0');
  });

  it('may go silent while it installs, and never finish', async () => {
    const { device, seen } = deviceWith('goes-silent');
    const gone = new AbortController();
    const install = device.install(plan, gone.signal);
    gone.abort();
    await expect(install).rejects.toThrow();
    expect(seen.silent).toBe(0);
    const late = device.install(plan, AbortSignal.timeout(50));
    await expect(late).rejects.toThrow();
    expect(seen.silent).toBe(1);
  });
});
