import { describe, expect, it } from 'vitest';
import { updateStream } from '@edgeflow/contracts';
import type { Fleet } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0', '3.0.0'], (its) => ({ world, fleet } = its));

const to = (version: string, more: object = {}) => ({
  ...{ version, target: { fleet: 'north' }, strategy: { type: 'all_at_once' }, ...more },
});

async function completed(version: string, more: object = {}): Promise<string> {
  const id = await world.rollout(to(version, more));
  await world.reaches(id, 'completed');
  return id;
}

async function rolledBack(id: string) {
  await world.act(id, 'rollback');
  return world.reaches(id, 'rolled_back');
}

/** The device has said that it runs a version, and the orchestrator has read it: a dry run finds it on that. */
async function isOn(version: string, devices = 1): Promise<void> {
  await eventually(async () => {
    const target = { filter: { fleet: 'north', version } };
    const { body: plan } = await world.ask('POST', 'rollouts?dry_run=true', to('1.0.0', { target, force: true }));
    return { found: plan['eligible'] === devices || undefined, seen: plan };
  });
}

const endOf = (type: string, version: string) =>
  eventually(async () => {
    const seen = await world.log.read(updateStream({ org: 'acme', device_id: 'dev_01' }));
    const { type: last, data } = seen.at(-1) ?? {};
    const isIt = last === type && (data as { version?: string }).version === version;
    return { found: isIt || undefined, seen: seen.map((one) => one.type) };
  });

describe('a rollback brings back who runs the version, whatever became of the update', () => {
  it('a device that a later rollout took over, that came up on the version all the same, and failed there', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.behaviour = (_id, version) => (version === '2.0.0' ? 'is-silent' : 'fails');
    const first = await world.rollout(to('2.0.0'));
    await world.until(first, ({ waves }) => waves[0]?.in_flight === 1);
    const second = await world.rollout(to('3.0.0'));
    await world.until(first, ({ waves }) => waves[0]?.superseded === 1);
    await world.reaches(second, 'completed');
    await fleet.boots('dev_01', '2.0.0');
    await isOn('2.0.0');
    fleet.behaviour = () => 'installs';
    expect(await rolledBack(first)).toMatchObject({ rollback: { waves: [{ eligible: 1, succeeded: 1 }] } });
    expect(fleet.versionOf('dev_01')).toBe('1.0.0');
  });

  it.each(['fails', 'declines'] as const)(
    'a device that was late, and where a single update %s later',
    async (ends) => {
      await fleet.join(['dev_01'], { fleet: 'north' });
      fleet.behaviour = (_id, version) => (version === '2.0.0' ? 'is-silent' : ends);
      const id = await completed('2.0.0', { deadline_s: 1 });
      await fleet.boots('dev_01', '2.0.0');
      await isOn('2.0.0');
      await world.ask('POST', 'updates', { device_id: 'dev_01', version: '3.0.0' });
      await endOf(ends === 'fails' ? 'UpdateFailed' : 'UpdateCancelled', '3.0.0');
      fleet.behaviour = () => 'installs';
      expect(await rolledBack(id)).toMatchObject({ rollback: { waves: [{ eligible: 1, succeeded: 1 }] } });
      expect(fleet.versionOf('dev_01')).toBe('1.0.0');
    },
  );

  it('a device that was late, and to which the version was applied again by force', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.behaviour = () => 'is-silent';
    const id = await completed('2.0.0', { deadline_s: 1, force: true });
    await fleet.boots('dev_01', '2.0.0');
    await isOn('2.0.0');
    fleet.behaviour = () => 'installs';
    await world.act(id, 'retry');
    await world.until(id, ({ succeeded }) => succeeded === 1);
    expect(await rolledBack(id)).toMatchObject({ rollback: { waves: [{ eligible: 1, succeeded: 1 }] } });
    expect(fleet.versionOf('dev_01')).toBe('1.0.0');
  });

  it('a device that left the version for a third one by itself, and one that went astray before it came', async () => {
    await fleet.join(['dev_01', 'dev_02'], { fleet: 'north' });
    fleet.behaviour = (id) => (id === 'dev_01' ? 'installs' : 'is-silent');
    const id = await world.rollout(to('2.0.0'));
    await world.until(id, ({ succeeded, waves }) => succeeded === 1 && waves[0]?.in_flight === 1);
    await fleet.boots('dev_01', '0.9.0');
    await fleet.boots('dev_02', '0.7.0');
    await fleet.boots('dev_02', '2.0.0');
    await world.reaches(id, 'completed');
    await isOn('0.9.0');
    await isOn('2.0.0');
    fleet.behaviour = () => 'installs';
    expect(await rolledBack(id)).toMatchObject({ rollback: { waves: [{ eligible: 2, succeeded: 2 }] } });
    expect(['dev_01', 'dev_02'].map((device) => fleet.versionOf(device))).toEqual(['1.0.0', '1.0.0']);
  });
});

describe('two rollouts, one after the other', () => {
  it.each([
    ['the older one first', [0, 1]],
    ['the later one first', [1, 0]],
  ])('are rolled back, %s, and leave no device on the version of either', async (_which, order) => {
    await fleet.join(['dev_01', 'dev_02'], { fleet: 'north' });
    const rollouts = [await completed('2.0.0'), await completed('3.0.0')];
    const [first = 0, second = 0] = order;
    const older = await rolledBack(rollouts[first] ?? '');
    // Nobody is dropped: who was brought on is named.
    if (first === 0) {
      expect(older).toMatchObject({ rollback: { waves: [{ eligible: 2, skipped: 2, superseded: 2 }] } });
      expect(await world.members(rollouts[0] ?? '', { stage: 'rollback' })).toMatchObject([
        { status: 'skipped', code: 'superseded' },
        { status: 'skipped', code: 'superseded' },
      ]);
    }
    expect(await rolledBack(rollouts[second] ?? '')).toMatchObject({ rollback: { waves: [{ succeeded: 2 }] } });
    expect(['dev_01', 'dev_02'].map((device) => fleet.versionOf(device))).toEqual(['1.0.0', '1.0.0']);
  });
});

describe('a device that boots new and old in turns around a rollback', () => {
  it('is brought back again while that lasts', async () => {
    await fleet.join(['dev_01', 'dev_02'], { fleet: 'north' });
    const id = await completed('2.0.0');
    fleet.behaviour = (device) => (device === 'dev_02' ? 'is-silent' : 'installs');
    await world.act(id, 'rollback');
    await world.until(id, ({ rollback }) => rollback?.waves[0]?.succeeded === 1);
    const told = fleet.dispatched.length;
    await fleet.boots('dev_01', '2.0.0');
    await eventually(() => Promise.resolve({ found: fleet.dispatched.length > told || undefined }));
    await fleet.boots('dev_02', '1.0.0');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({
      rollback: { waves: [{ succeeded: 2, reverted: 0 }] },
    });
    expect(['dev_01', 'dev_02'].map((device) => fleet.versionOf(device))).toEqual(['1.0.0', '1.0.0']);
  });

  it('is said not to be back when that was over, also where it had gone back by itself', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const id = await completed('2.0.0');
    fleet.behaviour = () => 'fails';
    await world.act(id, 'rollback');
    await world.reaches(id, 'rollback_incomplete');
    await fleet.boots('dev_01', '1.0.0');
    await isOn('1.0.0');
    await world.act(id, 'retry');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({ rollback: { waves: [{ skipped: 1 }] } });
    fleet.behaviour = () => 'installs';
    await fleet.boots('dev_01', '2.0.0');
    expect(await world.reaches(id, 'rollback_incomplete')).toMatchObject({
      ...{ allowed_actions: ['retry'], rollback: { incomplete: 1, codes: { reverted: 1 } } },
    });
    await world.act(id, 'retry');
    await world.reaches(id, 'rolled_back');
    expect(fleet.versionOf('dev_01')).toBe('1.0.0');
  });

  it('is no matter of the rollback where somebody has brought it to the version again', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const id = await completed('2.0.0');
    await rolledBack(id);
    await world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0' });
    await endOf('UpdateCompleted', '2.0.0');
    await isOn('2.0.0');
    expect(await world.resource(id)).toMatchObject({ state: 'rolled_back' });
  });
});
