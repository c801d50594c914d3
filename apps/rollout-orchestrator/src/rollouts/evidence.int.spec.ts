import { describe, expect, it } from 'vitest';
import { type Fleet, ids } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import type { World } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const strategy = { type: 'canary', count: 2, then: { type: 'all_at_once' } };
const body = { version: '2.0.0', target: { fleet: 'north' }, strategy };

describe('a canary of which nobody has finished', () => {
  it('since somebody took each update back proves nothing: the rollout is paused, with its numbers', async () => {
    await fleet.join(ids(4), { fleet: 'north' });
    fleet.behaviour = () => 'is-silent';
    const id = await world.rollout(body);
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    for (const { update_id } of [...fleet.dispatched]) {
      const cancelled = await world.ask('POST', `updates/${update_id}/cancel`, { reason: 'the lab needs it' });
      expect(cancelled).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    }
    const { waiting_for } = await world.reaches(id, 'paused');
    const gate = { passed: false, eligible: 2, cancelled: 2, skipped: 0, finished: 0, action: 'pause' };
    expect(waiting_for).toMatchObject([{ reason: 'gate', code: 'no-evidence', gate }]);
    expect(fleet.dispatched).toHaveLength(2);
    expect(await world.ask('POST', `rollouts/${id}/resume`, {})).toMatchObject({
      status: 400,
      body: { code: 'reason-required' },
    });
    fleet.behaviour = () => 'installs';
    await world.act(id, 'resume', 'it ran in the lab');
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 2 });
  });

  it('since each came to the version by itself proves nothing either', async () => {
    await fleet.join(ids(4), { fleet: 'north', online: false });
    const id = await world.rollout(body);
    await world.until(id, ({ waves }) => waves[0]?.state === 'running');
    for (const { device_id, wave } of await world.members(id)) {
      if (wave === 0) await fleet.boots(device_id, '2.0.0');
    }
    const { waiting_for } = await world.reaches(id, 'paused');
    const gate = { passed: false, eligible: 2, skipped: 2, cancelled: 0, finished: 0 };
    expect(waiting_for).toMatchObject([{ reason: 'gate', code: 'no-evidence', gate }]);
    expect((await world.members(id)).map(({ code }) => code)).toEqual([
      ...['already-on-target', 'already-on-target'],
      ...[null, null],
    ]);
  });
});
