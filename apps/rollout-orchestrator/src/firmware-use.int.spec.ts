import { deriveId, requestStream, type DataOf } from '@edgeflow/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fleet, ids } from './testing/fleet.fixture.js';
import { World, eventually } from './testing/world.fixture.js';

let world: World;
let fleet: Fleet;
let count = 0;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  fleet = new Fleet(world);
  await world.firmware('1.0.0');
  await world.firmware('2.0.0');
});
afterEach(async () => {
  fleet.stop();
  await world.end();
});

const about = (version: string, model: string) => {
  const firmware_id = deriveId('fw', 'acme', model, version);
  return { stream: { org: 'acme', entity: 'firmware', entity_id: firmware_id } as const, firmware_id, model, version };
};

/** What the orchestrator answers when the registry asks to delete a version. */
async function useOf(version: string, model = 'm1'): Promise<Partial<DataOf<'FirmwareUseCounted'>>> {
  const { stream, ...which } = about(version, model);
  const deletion_id = `del_${(count += 1)}`;
  const data = { ...which, deletion_id, cause: 'operator', requested_by: 'spec' } as const;
  await world.happen(stream, { type: 'FirmwareDeletionProposed', data });
  return eventually(async () => {
    const { last } = await world.log.lastOfEach(requestStream('acme', deletion_id));
    return { found: last.FirmwareUseCounted?.data };
  });
}

const rollout = (version: string, more: object = {}) => ({
  ...{ version, target: { fleet: 'north' }, strategy: { type: 'all_at_once' } },
  ...more,
});
const nobody = { running: 0, may_go_back: 0, updates: 0, rollouts: 0 };

describe('who needs a firmware', () => {
  it('is who runs it and whose rollback leads to it, of its model alone', async () => {
    await world.firmware('3.0.0');
    await world.firmware('1.0.0', { model: 'm2' });
    await fleet.join(ids(3), { fleet: 'north' });
    await world.reaches(await world.rollout(rollout('2.0.0')), 'completed');
    expect(await useOf('1.0.0')).toMatchObject({ ...nobody, may_go_back: 3 });
    expect(await useOf('2.0.0')).toMatchObject({ ...nobody, running: 3 });
    expect(await useOf('1.0.0', 'm2')).toMatchObject(nobody);
    await world.reaches(await world.rollout(rollout('3.0.0')), 'completed');
    expect(await useOf('1.0.0')).toMatchObject(nobody);
  });

  it('is also a device that is revoked, which may be reinstated', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    await world.reaches(await world.rollout(rollout('2.0.0')), 'completed');
    const device = { org: 'acme', entity: 'device', entity_id: 'dev_01' } as const;
    await world.happen(device, { type: 'DeviceRevoked', data: { device_id: 'dev_01', revoked_by: 'spec' } });
    expect(await useOf('2.0.0')).toMatchObject({ ...nobody, running: 2 });
    expect(await useOf('1.0.0')).toMatchObject({ ...nobody, may_go_back: 2 });
  });

  it('is also a device that tries another version: what it falls back to, and where a rollback leads from there', async () => {
    await fleet.join(ids(1), { fleet: 'north', version: '0.9.0' });
    await world.firmware('0.9.0');
    const device = { org: 'acme', entity: 'device', entity_id: 'dev_01' } as const;
    const says = (version: string, confirmed: boolean) =>
      world.happen(device, {
        type: 'DeviceVersionReported',
        data: { device_id: 'dev_01', model: 'm1', version, confirmed, boot_id: version },
      });
    await says('1.0.0', true);
    await says('2.0.0', false);
    expect(await useOf('2.0.0')).toMatchObject({ ...nobody, running: 1 });
    expect(await useOf('1.0.0')).toMatchObject({ ...nobody, may_go_back: 1 });
    expect(await useOf('0.9.0')).toMatchObject({ ...nobody, may_go_back: 1 });
    await says('2.0.0', true);
    expect(await useOf('0.9.0')).toMatchObject(nobody);
  });

  it('is also a device that may yet come up on it: its update was given up while it installed', async () => {
    fleet.behaviour = () => 'is-silent';
    await fleet.join(ids(1), { fleet: 'north' });
    const { body } = await world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0' });
    const update_id = String(body['update_id']);
    const device = { org: 'acme', entity: 'device', entity_id: 'dev_01' } as const;
    const data = { device_id: 'dev_01', update_id, phase: 'installing', progress: 10 } as const;
    // What it says by itself comes first: two cannot write at the end of one stream.
    await eventually(async () => {
      const seen = await world.log.read(device);
      return { found: seen.find(({ type }) => type === 'DeviceProgressReported'), seen };
    });
    await world.happen(device, { type: 'DeviceProgressReported', data });
    const given_up = { reason: 'silent', force: true };
    expect(await world.ask('POST', `updates/${update_id}/cancel`, given_up)).toMatchObject({ status: 202 });
    expect(await useOf('2.0.0')).toMatchObject({ ...nobody, running: 1 });
  });

  it('is who has an open update to it, and the rollout of that', async () => {
    fleet.behaviour = () => 'is-silent';
    await fleet.join(ids(2), { fleet: 'north' });
    await world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0' });
    expect(await useOf('2.0.0')).toMatchObject({ ...nobody, updates: 1 });
    const id = await world.rollout(rollout('2.0.0', { target: { devices: ['dev_02'] } }));
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    expect(await useOf('2.0.0')).toMatchObject({ ...nobody, updates: 2, rollouts: 1 });
  });

  it('is a rollout that has not begun, and one that takes in devices after its end', async () => {
    await fleet.join(ids(1), { fleet: 'north' });
    const later = await world.rollout(rollout('2.0.0', { start_at: new Date(Date.now() + 3_600_000).toISOString() }));
    expect(await useOf('2.0.0')).toMatchObject({ ...nobody, rollouts: 1 });
    await world.act(later, 'abort');
    await world.reaches(later, 'aborted');
    await world.firmware('3.0.0');
    const open = await world.rollout(rollout('3.0.0', { target: { fleet: 'south' }, membership: 'continuous' }));
    await world.reaches(open, 'completed');
    expect(await useOf('3.0.0')).toMatchObject({ ...nobody, rollouts: 1 });
    expect(await useOf('2.0.0')).toMatchObject(nobody);
  });
});

describe('a firmware that nobody needs', () => {
  it('comes to no device from the answer on, and does when it is uploaded anew', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    expect(await useOf('2.0.0')).toMatchObject(nobody);
    const update = () => world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0' });
    expect(await update()).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    expect(await world.ask('POST', 'rollouts', rollout('2.0.0'))).toMatchObject({ body: { code: 'firmware-unknown' } });
    const { stream, ...which } = about('2.0.0', 'm1');
    const deletion = { ...which, deletion_id: 'del_x', cause: 'operator', deleted_by: 'spec' } as const;
    const image = { sha256: 'a'.repeat(64), key: 'firmware/acme/2.0.0/a.bin' };
    await world.happen(stream, { type: 'FirmwareDeleted', data: { ...deletion, ...image } });
    await world.firmware('2.0.0', { sha256: 'd'.repeat(64) });
    await eventually(async () => {
      const { status, body } = await update();
      return { found: status === 202 || undefined, seen: body };
    });
    const updates = await world.log.read({ org: 'acme', entity: 'update', entity_id: 'dev_01' });
    const told = updates.find(({ type }) => type === 'UpdateDispatched');
    expect(told?.data).toMatchObject({ sha256: 'd'.repeat(64) });
  });

  it('is needed or is not, and nothing in between, when a rollout is asked for at the same time', async () => {
    await fleet.join(ids(4), { fleet: 'north' });
    for (const version of ['3.0.0', '4.0.0', '5.0.0']) {
      await world.firmware(version);
      const [use, answer] = await Promise.all([useOf(version), world.ask('POST', 'rollouts', rollout(version))]);
      const accepted = answer.status === 202;
      if (accepted) await world.reaches(String(answer.body.rollout_id), 'completed');
      // A rollout that came first is counted, as long as it is not over; one that came second finds nothing.
      const needed = Object.values({ ...nobody, ...use }).some((n) => typeof n === 'number' && n > 0);
      expect(accepted).toBe(needed);
      expect(fleet.dispatched.some((one) => one.version === version)).toBe(accepted);
    }
  });
});
