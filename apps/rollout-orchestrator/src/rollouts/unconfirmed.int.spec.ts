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

const says = (device_id: string, version: string, confirmed?: boolean) =>
  world.happen(streamOf(device_id), {
    type: 'DeviceVersionReported',
    data: {
      ...{ device_id, model: 'm1', version, boot_id: `${version}/${confirmed}` },
      ...(confirmed !== undefined && { confirmed }),
    },
  });

describe('a device that runs what its boot loader may still take back', () => {
  it('is not on the version yet: it is planned, told, and has succeeded once it confirms it', async () => {
    await fleet.join(['tries', 'there'], { fleet: 'north', version: '2.0.0' });
    await says('tries', '2.0.0', false);
    const body = rollout('2.0.0', { failure: { count: 1, action: 'rollback' } });
    const plan = await eventually(async () => {
      const answer = await world.ask('POST', 'rollouts?dry_run=true', body);
      return { found: answer.body['eligible'] === 1 ? answer.body : undefined, seen: answer.body };
    });
    // It has said before that it ran the version for good; where it would go back to nobody knows.
    expect(plan).toMatchObject({ excluded: { 'already-on-target': 1 }, no_way_back: { 'no-good-version': 1 } });
    fleet.behaviour = () => 'says-nothing';
    const id = await world.rollout(body);
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    expect(fleet.dispatched.map(({ device_id }) => device_id)).toEqual(['tries']);
    await says('tries', '2.0.0', true);
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 1 });
  });

  it('joins a rollout once that is settled: not while it tries what is newer, and not for ever left out for it', async () => {
    await fleet.join(['dev_01'], { fleet: 'south' });
    await says('dev_01', '3.0.0', false);
    const id = await world.rollout(rollout('2.0.0', { membership: 'continuous' }));
    await world.reaches(id, 'completed');
    const moved = { device_id: 'dev_01', model: 'm1', fleet: 'north', tags: [], changed: ['fleet' as const] };
    await world.happen(streamOf('dev_01'), { type: 'DeviceChanged', data: { ...moved, changed_by: 'spec' } });
    await fleet.join(['other'], { fleet: 'north' });
    await world.until(id, ({ succeeded }) => succeeded === 1);
    expect(await world.resource(id)).toMatchObject({ eligible: 1, excluded: {} });
    await says('dev_01', '1.0.0');
    expect(await world.until(id, ({ succeeded }) => succeeded === 2)).toMatchObject({ eligible: 2, excluded: {} });
  });
});
