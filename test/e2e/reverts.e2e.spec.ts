import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts } from './rollouts.harness.js';
import { ScriptedDevice } from './scripted-device.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

interface Record {
  device_id: string;
  current_version: string;
  target_version: string;
  ota_status: string;
  drifted: boolean;
  failure: { code: string } | null;
}

const recordOf = async (device: string) => (await rollouts.query<Record>(`devices/${device}`)).body;

describe('canaries whose boot loaders go back in the soak', () => {
  it('stop the rollout, are failed, and are found among those that drifted', async () => {
    const fleet = await rollouts.fleet('reverts');
    await fleet.join(ids(4, 'reverts'));
    const strategy = { type: 'canary', count: 2, soak_s: 3_600, success_percent: 100, then: { type: 'all_at_once' } };
    const id = await rollouts.start({ version: '2.0.0', target: { fleet: 'reverts' }, strategy }, 4);
    await rollouts.until(id, ({ waves }) => waves[0]?.state === 'soaking');
    const canaries = fleet.told.map(({ device_id }) => device_id);
    expect(canaries).toHaveLength(2);
    for (const canary of canaries) await fleet.device(canary).reboot('1.0.0');
    const held = await rollouts.until(id, ({ state, waves }) => state === 'paused' && waves[0]?.reverted === 2);
    expect(held.waves[0]).toMatchObject({ eligible: 2, succeeded: 0, failed: 2, reverted: 2 });
    expect(held.waiting_for).toMatchObject([{ reason: 'gate', gate: { gate: 'success', passed: false } }]);
    expect(fleet.told).toHaveLength(2);
    expect((await rollouts.failures(id)).map(({ code, devices }) => [code, devices])).toEqual([['reverted', 2]]);

    const drifted = await rollouts.query<{ items: Record[] }>('devices?fleet=reverts&drifted=true');
    expect(drifted.body.items.map(({ device_id }) => device_id)).toEqual(canaries.toSorted());
    const [first = ''] = canaries;
    expect(await recordOf(first)).toMatchObject({
      ...{ ota_status: 'failed', failure: { code: 'reverted' }, drifted: true },
      ...{ current_version: '1.0.0', target_version: '2.0.0' },
    });
    const why = await rollouts.query<{ items: { type: string; text: string }[] }>(`devices/${first}/why`);
    expect(why.body.items[0]).toMatchObject({
      type: 'UpdateReverted',
      text: expect.stringContaining('did not keep 2.0.0: it runs 1.0.0') as string,
    });
    // It boots the new one again, and is failed all the same, until it is told something else.
    await fleet.device(first).reboot('2.0.0');
    await rollouts.standalone.eventually(
      () => rollouts.query<Record>(`devices/${first}`),
      ({ body }) => body.current_version === '2.0.0',
    );
    expect(await recordOf(first)).toMatchObject({
      ota_status: 'failed',
      failure: { code: 'reverted' },
      drifted: false,
    });
  });
});

describe('a device that says why its boot loader went back', () => {
  it('has its word in its record and in its story', async () => {
    const { standalone, org } = rollouts;
    await rollouts.upload('frank', '2.0.0');
    const story = { org, device_id: 'frank-1', model: 'frank', version: '1.0.0' };
    const device = await ScriptedDevice.online(standalone, story);
    const { update_id } = await device.updateTo('2.0.0');
    await device.reboot('2.0.0');
    await device.eventually(({ ota_status }) => ota_status === 'completed');
    const failed = { update_id, code: 'rolled-back', message: 'the health check said no' };
    await device.reboot('1.0.0', { failed });
    const record = await device.eventually(({ ota_status }) => ota_status === 'failed');
    const said = expect.stringContaining('rolled-back: the health check said no') as string;
    expect(record).toMatchObject({ failure: { code: 'reverted', detail: said }, drifted: true });
    const why = await rollouts.query<{ items: { type: string; text: string }[] }>('devices/frank-1/why');
    expect(why.body.items[0]).toMatchObject({ type: 'UpdateReverted', text: said });
    await device.tunnel.close();
  });
});

describe('a canary that is not on the version any more while it soaks', () => {
  const strategy = { type: 'canary', count: 1, soak_s: 3_600, success_percent: 100, then: { type: 'all_at_once' } };
  async function soaking(name: string, versions?: string[]) {
    const fleet = await rollouts.fleet(name, versions);
    await fleet.join(ids(3, name));
    const id = await rollouts.start({ version: '2.0.0', target: { fleet: name }, strategy }, 3);
    await rollouts.until(id, ({ waves }) => waves[0]?.state === 'soaking');
    return { fleet, id, device_id: fleet.told[0]!.device_id };
  }

  it('since an operator took it back is no evidence, and the fleet is not updated', async () => {
    const { fleet, id, device_id } = await soaking('taken');
    expect((await rollouts.post(`devices/${device_id}/rollback`, { reason: 'it is slow' })).status).toBe(202);
    const held = await rollouts.reaches(id, 'paused');
    expect(held.waiting_for).toMatchObject([{ reason: 'gate', code: 'no-evidence' }]);
    const { waves } = await rollouts.until(id, (now) => now.waves[0]?.skipped === 1);
    expect(waves[0]).toMatchObject({ succeeded: 0, failed: 0, superseded: 1 });
    expect(await rollouts.members(id, 'status=skipped')).toMatchObject([{ device_id, code: 'superseded', attempt: 1 }]);
    expect(fleet.told.map(({ device_id: told }) => told)).toEqual([device_id, device_id]);
    expect(await recordOf(device_id)).toMatchObject({ current_version: '1.0.0', ota_status: 'completed' });
  });

  it('since it fell back from an update elsewhere has failed', async () => {
    const { fleet, id, device_id } = await soaking('fallen', ['1.0.0', '2.0.0', '3.0.0']);
    fleet.script = () => 'silent';
    expect((await rollouts.post('updates', { device_id, version: '3.0.0' })).status).toBe(202);
    await expect.poll(() => fleet.told.length, { timeout: 30_000 }).toBe(2);
    await fleet.device(device_id).reboot('1.0.0');
    const held = await rollouts.until(id, ({ state, waves }) => state === 'paused' && waves[0]?.failed === 1);
    expect(held.waves[0]).toMatchObject({ succeeded: 0, reverted: 1 });
    expect((await rollouts.failures(id)).map(({ code }) => code)).toEqual(['reverted']);
  });
});

describe('a device that says that its boot loader may still take the version back', () => {
  it('has its success when it confirms it', async () => {
    const { standalone, org } = rollouts;
    await rollouts.upload('unsure', '2.0.0');
    const story = { org, device_id: 'unsure-1', model: 'unsure', version: '1.0.0' };
    const device = await ScriptedDevice.online(standalone, story);
    await device.updateTo('2.0.0');
    await device.reboot('2.0.0', { confirmed: false });
    const tried = await device.eventually(({ current_version }) => current_version === '2.0.0');
    expect(tried).toMatchObject({ ota_status: 'updating', confirmed: false });
    await device.connect({ confirmed: true });
    const record = await device.eventually(({ ota_status }) => ota_status === 'completed');
    expect(record).toMatchObject({ current_version: '2.0.0', confirmed: true, drifted: false });
    await device.tunnel.close();
  });
});
