import { describe, expect, it } from 'vitest';
import { type Fleet, ids } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import type { World } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

describe('a rollback that somebody stops', () => {
  it('leaves devices on the version, and goes on with them once it is asked for again', async () => {
    const devices = ids(4);
    await fleet.join(devices, { fleet: 'north' });
    const strategy = { type: 'rolling', batch_size: 2 };
    const id = await world.rollout({ version: '2.0.0', target: { fleet: 'north' }, strategy });
    await world.reaches(id, 'completed');
    fleet.behaviour = () => 'says-nothing';
    await world.act(id, 'rollback');
    await world.until(id, ({ rollback }) => rollback?.waves[0]?.in_flight === 2);
    await world.act(id, 'abort');
    const stopped = await world.until(id, ({ rollback }) => rollback?.incomplete === 4);
    expect(stopped).toMatchObject({ state: 'aborted', allowed_actions: ['rollback'] });
    expect(stopped.rollback?.codes).toEqual({ 'rollout-aborted': 4 });

    fleet.behaviour = () => 'installs';
    expect((await world.act(id, 'rollback')).status).toBe(202);
    const { rollback } = await world.reaches(id, 'rolled_back');
    expect(rollback).toMatchObject({ incomplete: 0, codes: {} });
    expect(devices.map((device) => fleet.versionOf(device))).toEqual(devices.map(() => '1.0.0'));
  });
});
