import { describe, expect, it } from 'vitest';
import { type Fleet, streamOf } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0', '3.0.0'], (its) => ({ world, fleet } = its));

const rollout = (version: string, more: object = {}) => ({
  ...{ version, target: { fleet: 'north' }, strategy: { type: 'all_at_once' } },
  ...more,
});
const continuous = (version: string) => rollout(version, { membership: 'continuous' });

const remove = (device_id: string) =>
  world.happen(streamOf(device_id), { type: 'DeviceRemoved', data: { device_id, removed_by: 'spec' } });

/** A new board under an id that was freed. */
async function comes(device_id: string, version = '1.0.0'): Promise<void> {
  const public_key = { kty: 'OKP' as const, crv: 'Ed25519' as const, x: 'y'.repeat(43) };
  const data = { device_id, model: 'm1', fleet: 'north', public_key, registered_by: 'spec' };
  await world.happen(streamOf(device_id), { type: 'DeviceRegistered', data });
  fleet.runs(device_id, version);
  await fleet.hello(device_id);
}

/** The waves of a rollout are what its devices are. */
async function sumsAreRight(id: string): Promise<void> {
  const { waves, eligible } = (await world.resource(id))!;
  const members = await world.members(id, { stage: 'forward' });
  expect(eligible).toBe(members.length);
  for (const { index, succeeded, failed, skipped } of waves) {
    const count = (status: string) => members.filter((one) => one.wave === index && one.status === status).length;
    expect([succeeded, failed, skipped]).toEqual(['succeeded', 'failed', 'skipped'].map(count));
  }
}

describe('a new board under an id that was freed', () => {
  it('joins a continuous rollout that the one before was in, whatever had become of that, or was left out of', async () => {
    await fleet.join(['moved', 'failed', 'waits'], { fleet: 'north' });
    await fleet.join(['there'], { fleet: 'north', version: '2.0.0' });
    fleet.behaviour = (device_id) => (device_id === 'failed' ? 'fails' : 'installs');
    const id = await world.rollout(continuous('2.0.0'));
    await world.until(id, ({ state, succeeded }) => state === 'completed' && succeeded === 2);
    expect(await world.resource(id)).toMatchObject({ excluded: { 'already-on-target': 1 }, failed: 1 });
    fleet.behaviour = () => 'installs';
    for (const device_id of ['moved', 'failed', 'there']) {
      await remove(device_id);
      await comes(device_id);
    }
    const done = await world.until(id, ({ state, succeeded }) => state === 'completed' && succeeded === 4);
    expect(done).toMatchObject({ excluded: {}, eligible: 4, failed: 0 });
    for (const device_id of ['moved', 'failed', 'there']) expect(fleet.versionOf(device_id)).toBe('2.0.0');
    await sumsAreRight(id);
    // Its updates are its own.
    const updates = await world.log.read({ org: 'acme', entity: 'update', entity_id: 'moved' });
    const ids = updates.flatMap((event) => (event.type === 'UpdateCompleted' ? [event.data.update_id] : []));
    expect(new Set(ids).size).toBe(2);
    expect((await world.members(id, { device_id: 'moved' }))[0]).toMatchObject({ attempt: 3, tries_before: 2 });
  });

  it('joins once the wait of the one before is ended, and is left out for a reason of its own', async () => {
    await fleet.join(['dev_01', 'dev_02'], { fleet: 'north', online: false });
    const id = await world.rollout(continuous('2.0.0'));
    await world.until(id, ({ waves }) => waves[0]?.queued === 2);
    for (const device_id of ['dev_01', 'dev_02']) await remove(device_id);
    await fleet.join(['dev_01'], { fleet: 'north' });
    await fleet.join(['dev_02'], { fleet: 'north', version: '3.0.0' });
    await world.until(id, ({ excluded }) => excluded['newer-version'] === 1);
    const done = await world.until(id, ({ state, succeeded }) => state === 'completed' && succeeded === 1);
    expect(done).toMatchObject({ eligible: 2, waves: [{ skipped: 1 }] });
    await sumsAreRight(id);
    // By whose id the one before was skipped, the next one is not told.
    const updates = await world.log.read({ org: 'acme', entity: 'update', entity_id: 'dev_01' });
    const ids = updates.flatMap(({ type, data }) =>
      type === 'UpdateSkipped' || type === 'UpdateDispatched' ? [(data as { update_id: string }).update_id] : [],
    );
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
  });

  it('is none of those that its rollback brings back where it came with the version, and was not told of it', async () => {
    await fleet.join(['dev_01', 'dev_02'], { fleet: 'north' });
    fleet.behaviour = (device_id) => (device_id === 'dev_01' ? 'fails' : 'installs');
    const id = await world.rollout(continuous('2.0.0'));
    await world.until(id, ({ state, failed }) => state === 'completed' && failed === 1);
    await remove('dev_01');
    await fleet.join(['dev_01'], { fleet: 'north', online: false });
    await world.until(id, ({ waves, failed }) => waves[0]?.queued === 1 && failed === 0);
    fleet.runs('dev_01', '2.0.0');
    await fleet.connect('dev_01');
    await world.until(id, ({ state, waves }) => state === 'completed' && waves[0]?.skipped === 1);
    await world.act(id, 'rollback', 'it was bad');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({
      rollback: { incomplete: 0, waves: [{ eligible: 1 }] },
    });
    expect(fleet.versionOf('dev_02')).toBe('1.0.0');
    expect(fleet.versionOf('dev_01')).toBe('2.0.0');
  });

  it('is not held by a later rollout that had moved the one before', async () => {
    await fleet.join(['dev_01', 'dev_02'], { fleet: 'north' });
    const older = await world.rollout(continuous('2.0.0'));
    await world.until(older, ({ succeeded }) => succeeded === 2);
    await world.reaches(await world.rollout(rollout('3.0.0', { target: { devices: ['dev_01'] } })), 'completed');
    await remove('dev_01');
    await comes('dev_01');
    await eventually(async () => {
      const version = fleet.versionOf('dev_01');
      return { found: version === '2.0.0' || undefined, seen: version };
    });
    expect(fleet.versionOf('dev_02')).toBe('2.0.0');
  });
});
