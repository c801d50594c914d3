import { describe, expect, it } from 'vitest';
import { deriveId, updateStream } from '@edgeflow/contracts';
import { type Fleet, ids, streamOf } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const north = { version: '2.0.0', target: { fleet: 'north' } };
const allAtOnce = { ...north, strategy: { type: 'all_at_once' } };
const continuous = { ...allAtOnce, membership: 'continuous' };

const change = (device_id: string, to: { fleet?: string; model?: string }) =>
  world.happen(streamOf(device_id), {
    type: 'DeviceChanged',
    data: { device_id, model: 'm1', tags: [], changed: ['fleet'], changed_by: 'spec', ...to },
  });
const remove = (device_id: string) =>
  world.happen(streamOf(device_id), { type: 'DeviceRemoved', data: { device_id, removed_by: 'spec' } });
const revoke = (device_id: string) =>
  world.happen(streamOf(device_id), { type: 'DeviceRevoked', data: { device_id, revoked_by: 'spec' } });
const reinstate = (device_id: string) =>
  world.happen(streamOf(device_id), { type: 'DeviceReinstated', data: { device_id, reinstated_by: 'spec' } });
const told = (device_id: string) => fleet.dispatched.filter((one) => one.device_id === device_id).length;
const memberOf = async (rollout_id: string, device_id: string, status: string) =>
  eventually(async () => {
    const [member] = await world.members(rollout_id, { device_id });
    return { found: member?.status === status ? member : undefined, seen: member };
  });

describe('a device that is moved', () => {
  it('into the fleet of a rollout that takes devices in is taken in; one that was planned stays when it leaves', async () => {
    await fleet.join(['stays', 'leaves'], { fleet: 'north' });
    await fleet.join(['comes'], { fleet: 'south' });
    fleet.behaviour = () => 'is-silent';
    const id = await world.rollout(continuous);
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    await change('leaves', { fleet: 'south' });
    await change('comes', { fleet: 'north' });
    const { waves, eligible } = await world.until(id, (resource) => resource.waves[0]?.in_flight === 3);
    expect([eligible, waves.map(({ eligible: n }) => n)]).toEqual([3, [3]]);
    expect(told('leaves')).toBe(1);
  });

  it('keeps to the window of the fleet that it is in now', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const window = { cron: '0 3 1 1 *', duration_s: 60, time_zone: 'UTC' };
    await world.ask('PUT', 'fleets/south/window', window);
    await change('dev_01', { fleet: 'south' });
    const id = await world.rollout({ ...allAtOnce, target: { devices: ['dev_01'] } });
    await world.reaches(id, 'running');
    expect(told('dev_01')).toBe(0);
    await change('dev_01', { fleet: 'north' });
    await world.reaches(id, 'completed');
  });

  it('to the model that the image is for joins a rollout that had left it out, and so does one that is let in again', async () => {
    await fleet.join(['right'], { fleet: 'north' });
    await fleet.join(['wrong'], { fleet: 'north', model: 'm2' });
    await fleet.join(['out'], { fleet: 'north' });
    await revoke('out');
    const id = await world.rollout(continuous);
    const { excluded } = await world.until(id, ({ succeeded }) => succeeded === 1);
    expect(excluded).toEqual({ 'model-mismatch': 1, 'device-revoked': 1 });
    await change('wrong', { fleet: 'north' });
    await reinstate('out');
    const resource = await world.until(id, ({ succeeded }) => succeeded === 3);
    expect(resource).toMatchObject({ excluded: {}, eligible: 3 });
  });
});

describe('a device that is away', () => {
  it('and turns out to be of another model is waited for no longer', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    await fleet.join(['away'], { fleet: 'north', online: false });
    const id = await world.rollout(allAtOnce);
    await world.until(id, ({ succeeded }) => succeeded === 1);
    await change('away', { fleet: 'north', model: 'm2' });
    expect(await memberOf(id, 'away', 'skipped')).toMatchObject({ code: 'model-mismatch' });
    await world.reaches(id, 'completed');
  });
});

describe('a device that is tried again when its image was deleted', () => {
  it('fails for want of it, also where the version is there for other models', async () => {
    await world.firmware('2.0.0', { model: 'm2' });
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.behaviour = () => 'fails';
    const id = await world.rollout(allAtOnce);
    await world.reaches(id, 'completed');
    const firmware_id = deriveId('fw', 'acme', 'm1', '2.0.0');
    const which = {
      firmware_id,
      model: 'm1',
      version: '2.0.0',
      sha256: 'a'.repeat(64),
      key: 'firmware/acme/2.0.0/a.bin',
    };
    await world.happen(
      { org: 'acme', entity: 'firmware', entity_id: firmware_id },
      { type: 'FirmwareDeleted', data: { ...which, deletion_id: 'del_x', cause: 'operator', deleted_by: 'spec' } },
    );
    await world.act(id, 'retry');
    expect(
      await eventually(async () => {
        const [member] = await world.members(id, { device_id: 'dev_01' });
        return { found: member?.code === 'firmware-unknown' ? member : undefined, seen: member };
      }),
    ).toMatchObject({ status: 'failed' });
  });
});

describe('a device that is taken out of service', () => {
  it('has ended in every rollout: what it was told is cancelled, what it waited for is skipped', async () => {
    const [first, second] = ['dev_01', 'dev_02'];
    await fleet.join([first, second], { fleet: 'north' });
    fleet.behaviour = () => 'is-silent';
    const id = await world.rollout({ ...north, strategy: { type: 'rolling', batch_size: 1 } });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    const [in_flight, waiting] = told(first) === 1 ? [first, second] : [second, first];
    await remove(waiting);
    await remove(in_flight);
    expect(await memberOf(id, waiting, 'skipped')).toMatchObject({ code: 'device-removed', wave: 1 });
    expect(await memberOf(id, in_flight, 'cancelled')).toMatchObject({ code: 'device-removed', wave: 0 });
    const { waves, eligible } = await world.reaches(id, 'completed');
    expect([eligible, waves.map(({ cancelled, skipped }) => [cancelled, skipped])]).toEqual([
      ...[
        2,
        [
          [1, 0],
          [0, 1],
        ],
      ],
    ]);
    expect(told(waiting)).toBe(0);
  });

  it('ends its wait in a rollout that is paused, and whoever has its id next is told nothing of it', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    const start_at = new Date(Date.now() + 3_600_000).toISOString();
    const waits = await world.rollout({ ...allAtOnce, start_at });
    fleet.behaviour = () => 'is-silent';
    const paused = await world.rollout({ ...allAtOnce, limits: { max_in_flight: 1 } });
    await world.until(paused, ({ waves }) => waves[0]?.in_flight === 1);
    await world.act(paused, 'pause');
    const [gone = ''] = ids(2).filter((device_id) => told(device_id) === 0);
    await remove(gone);
    await fleet.join([gone], { fleet: 'north' });
    for (const id of [waits, paused]) {
      expect(await memberOf(id, gone, 'skipped')).toMatchObject({ code: 'device-removed' });
    }
    await world.act(paused, 'resume');
    await world.until(paused, ({ waves }) => waves[0]?.skipped === 1);
    expect(told(gone)).toBe(0);
    const next = await world.ask('POST', 'updates', { device_id: gone, version: '2.0.0' });
    expect(next.status).toBe(202);
  });

  it('is no target any more, and its id begins anew with numbers that go on', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    await world.reaches(await world.rollout(allAtOnce), 'completed');
    await remove('dev_01');
    const refused = await world.ask('POST', 'updates', { device_id: 'dev_01', version: '1.0.0' });
    expect([refused.status, refused.body.code]).toEqual([404, 'device-unknown']);
    await eventually(async () => {
      const { body } = await world.ask('POST', 'rollouts?dry_run=true', { ...allAtOnce, membership: 'continuous' });
      return { found: body['eligible'] === 0 ? true : undefined, seen: body };
    });
    await fleet.join(['dev_01'], { fleet: 'north', version: '1.5.0' });
    const nowhere = await world.ask('POST', 'devices/dev_01/rollback', {});
    expect([nowhere.status, nowhere.body.code]).toEqual([409, 'no-good-version']);
    await world.reaches(await world.rollout(allAtOnce), 'completed');
    const events = await world.log.read(updateStream({ org: 'acme', device_id: 'dev_01' }));
    const numbers = events.flatMap((event) => (event.type === 'UpdateCompleted' ? [event.data.number] : []));
    expect(numbers).toEqual([1, 2]);
  });

  it('is not tried again, and not brought back, in the place of the one that had its id', async () => {
    await fleet.join(['moved', 'failed', 'other'], { fleet: 'north' });
    fleet.behaviour = (device_id) => (device_id === 'failed' ? 'fails' : 'installs');
    const id = await world.rollout(allAtOnce);
    await world.reaches(id, 'completed');
    for (const device_id of ['moved', 'failed']) await remove(device_id);
    await fleet.join(['moved'], { fleet: 'north', version: '2.0.0' });
    await fleet.join(['failed'], { fleet: 'north' });
    await world.act(id, 'retry');
    expect(await memberOf(id, 'failed', 'skipped')).toMatchObject({ code: 'device-removed' });
    await world.reaches(id, 'completed');
    await world.act(id, 'rollback');
    const { rollback } = await world.reaches(id, 'rolled_back');
    expect(rollback).toMatchObject({ unavailable: {} });
    expect((await world.members(id, { stage: 'rollback' })).map(({ device_id }) => device_id)).toEqual(['other']);
    expect([told('failed'), told('moved'), fleet.versionOf('moved')]).toEqual([1, 1, '2.0.0']);
  });
});
