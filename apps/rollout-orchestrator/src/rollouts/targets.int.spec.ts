import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rolloutIdOf } from '@edgeflow/rollout';
import { Fleet, ids } from '../testing/fleet.fixture.js';
import { World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

beforeAll(async () => {
  world = await World.open();
  await world.begin();
  fleet = new Fleet(world);
  await world.firmware('1.0.0');
  await world.firmware('2.0.0');
  await fleet.join(ids(1, 'other'), { fleet: 'elsewhere' });
});
afterAll(async () => {
  fleet.stop();
  await world.end();
  await world.close();
});

const allAtOnce = { version: '2.0.0', strategy: { type: 'all_at_once' } };

describe('a target that nobody is in', () => {
  const nobody = [
    { fleet: 'nrth' },
    { filter: { model: 'm1', fleet: 'nrth' } },
    { filter: { version: '>=9.0.0' } },
    { devices: ['ghost_1', 'ghost_2'] },
  ];

  it.each(nobody)('is refused, asked for and planned: %j', async (target) => {
    for (const path of ['rollouts', 'rollouts?dry_run=true']) {
      const answer = await world.ask('POST', path, { ...allAtOnce, target });
      expect(answer).toMatchObject({ status: 409, body: { code: 'target-empty' } });
    }
  });

  it('is refused by event too', async () => {
    const data = { ...allAtOnce, target: { fleet: 'nrth' } };
    const type = 'RolloutRequested';
    await world.publish(`inbox.acme.r_1.${type}`, { specversion: '1.0', id: 'r_1', source: '/team', type, data });
    const rejected = await eventually(async () => {
      const [event] = await world.events(rolloutIdOf('acme', 'r_1'));
      return { found: event };
    });
    expect(rejected).toMatchObject({ type: 'RolloutRejected', data: { request_id: 'r_1', code: 'target-empty' } });
  });

  it('is that of versions, too, which only devices may run that never said what they run', async () => {
    await fleet.join(['silent_1'], { fleet: 'quiet', online: false });
    await fleet.join(['silent_2'], { model: 'm2', online: false });
    const target = { filter: { version: '>=9.0.0' } };
    for (const path of ['rollouts', 'rollouts?dry_run=true']) {
      const { status, body } = await world.ask('POST', path, { ...allAtOnce, target });
      const detail = expect.stringContaining('Of 2 nobody knows') as string;
      expect({ status, body }).toMatchObject({ status: 409, body: { code: 'target-empty', detail } });
    }
    // Whoever names no versions names them.
    const named = { ...allAtOnce, target: { fleet: 'quiet' } };
    expect(await world.ask('POST', 'rollouts?dry_run=true', named)).toMatchObject({ body: { eligible: 1 } });
  });

  it('may fill later, where the rollout takes devices in', async () => {
    const id = await world.rollout({ ...allAtOnce, target: { fleet: 'late' }, membership: 'continuous' });
    await world.reaches(id, 'completed');
    await fleet.join(ids(1, 'late'), { fleet: 'late' });
    await world.until(id, ({ succeeded }) => succeeded === 1);
  });
});

describe('a filter of versions', () => {
  it.each(['', ' ', '1.0.0 ||'])('is not everything: %j', async (version) => {
    for (const path of ['rollouts', 'rollouts?dry_run=true']) {
      const answer = await world.ask('POST', path, { ...allAtOnce, target: { filter: { version } } });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    }
  });

  it('counts devices that never said what they run, and takes them in once they have', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    await fleet.join(['dev_02'], { fleet: 'north', online: false });
    const target = { filter: { fleet: 'north', version: '<2.0.0' } };
    const id = await world.rollout({ ...allAtOnce, target, membership: 'continuous' });
    const { succeeded, excluded } = await world.until(id, (r) => r.succeeded === 1);
    expect({ succeeded, excluded }).toEqual({ succeeded: 1, excluded: { 'version-unknown': 1 } });
    await fleet.connect('dev_02');
    expect(await world.until(id, (r) => r.succeeded === 2)).toMatchObject({ excluded: {} });
    expect(fleet.errors).toEqual([]);
  });
});
