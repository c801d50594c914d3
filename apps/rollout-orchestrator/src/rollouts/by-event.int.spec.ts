import { describe, expect, it } from 'vitest';
import { type Fleet, ids } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const to2 = { version: '2.0.0', target: { fleet: 'north' } };

/** A team asks over NATS. @returns the event of the rollout that answers it */
async function asked(rollout_id: string, id: string, type: string, more: object) {
  const data = { rollout_id, requested_by: 'releases', ...more };
  await world.publish(`inbox.acme.${id}.${type}`, { specversion: '1.0', id, source: '/team', type, data });
  return eventually(async () => {
    const seen = await world.events(rollout_id);
    const found = seen.find((event) => (event.data as { request_id?: string }).request_id === id);
    return { found, seen: seen.map((event) => event.type) };
  });
}

describe('a team that acts on a rollout over NATS', () => {
  it('goes over a gate with a reason only', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    fleet.behaviour = () => (fleet.dispatched.length === 1 ? 'fails' : 'installs');
    const id = await world.rollout({ ...to2, strategy: { type: 'canary', count: 1, success_percent: 100 } });
    await world.reaches(id, 'paused');
    for (const [n, more] of [{}, { reason: '' }, { reason: '  ' }].entries()) {
      expect(await asked(id, `r_${n}`, 'RolloutResumeRequested', more)).toMatchObject({
        ...{ type: 'RolloutActionRefused', data: { action: 'resume', code: 'reason-required' } },
      });
    }
    expect(fleet.dispatched).toHaveLength(1);
    expect(await asked(id, 'r_4', 'RolloutResumeRequested', { reason: 'known to be broken' })).toMatchObject({
      ...{ type: 'RolloutResumed', data: { reason: 'known to be broken', gate: { gate: 'success', failed: 1 } } },
    });
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 1, failed: 1 });
  });

  it('has the failed devices of one wave try again, and of no other', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    fleet.behaviour = () => 'fails';
    const id = await world.rollout({ ...to2, strategy: { type: 'rolling', batch_size: 1 } });
    await world.reaches(id, 'completed');
    fleet.behaviour = () => 'installs';
    expect(await asked(id, 'r_1', 'RolloutRetryRequested', { wave: 1 })).toMatchObject({
      ...{ type: 'RolloutRetried', data: { wave: 1, devices: 1, requested_by: 'releases' } },
    });
    const done = await world.until(id, ({ state, succeeded }) => state === 'completed' && succeeded === 1);
    expect(done.waves).toMatchObject([{ failed: 1 }, { succeeded: 1, failed: 0 }]);
    expect(await asked(id, 'r_2', 'RolloutRetryRequested', { wave: 1 })).toMatchObject({
      type: 'RolloutActionRefused',
    });
    expect(await asked(id, 'r_3', 'RolloutRetryRequested', { wave: 7 })).toMatchObject({
      ...{ type: 'RolloutActionRefused', data: { code: 'wave-unknown' } },
    });
  });
});
