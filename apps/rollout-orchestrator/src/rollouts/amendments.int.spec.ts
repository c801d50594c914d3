import { describe, expect, it } from 'vitest';
import { updateStream } from '@edgeflow/contracts';
import { type Fleet, ids } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually, type Answer } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const reason = 'the night is short';
const north = { version: '2.0.0', target: { fleet: 'north' } };
const rolling = { type: 'rolling', batch_size: 1 };

const amend = (id: string, change: object): Promise<Answer> =>
  world.ask('POST', `rollouts/${id}/amend`, { reason, ...change });
const isFirst = (device_id: string) => fleet.dispatched[0]?.device_id === device_id;
/** An hour that begins in six of them. */
const later = () => {
  const opens = new Date(Date.now() + 6 * 3_600_000);
  return { cron: `0 ${opens.getUTCHours()} * * *`, duration_s: 3_600, time_zone: 'UTC' };
};

describe('a rollout that soaks', () => {
  it('goes on at once where its soak is made shorter than it has lasted', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    const strategy = { type: 'canary', count: 1, soak_s: 3_600 };
    const id = await world.rollout({ ...north, strategy });
    await world.until(id, ({ waves }) => waves[0]?.state === 'soaking');
    expect(await amend(id, { soak_s: 0 })).toMatchObject({ status: 202, body: { status: 'decided' } });
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 2 });
  });

  it('is stopped by a gate that is tightened to what has failed already', async () => {
    await fleet.join(ids(3), { fleet: 'north' });
    fleet.behaviour = (device_id) => (isFirst(device_id) ? 'fails' : 'installs');
    const strategy = { type: 'canary', count: 2, soak_s: 3_600 };
    const id = await world.rollout({ ...north, strategy, failure: { count: 2 } });
    await world.until(id, ({ waves }) => waves[0]?.state === 'soaking');
    expect(await amend(id, { failure: { count: 1 } })).toMatchObject({ status: 202 });
    const { waiting_for } = await world.reaches(id, 'paused');
    expect(waiting_for).toMatchObject([{ reason: 'gate', gate: { gate: 'failure', failed: 1, threshold_count: 1 } }]);
    expect(fleet.dispatched).toHaveLength(2);
    expect((await world.story(id)).slice(-2)).toEqual(['RolloutAmended', 'RolloutPaused']);
  });
});

describe('a rollout that tells its devices', () => {
  it('keeps to a window from when it is given one, and to none once that is taken away', async () => {
    await fleet.join(ids(3), { fleet: 'north' });
    fleet.behaviour = (device_id) => (isFirst(device_id) ? 'is-silent' : 'installs');
    const id = await world.rollout({ ...north, strategy: rolling });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    expect(await amend(id, { window: later() })).toMatchObject({ status: 202 });
    await world.ask('POST', `rollouts/${id}/skip`, { reason });
    const closed = await world.until(id, ({ waves }) => waves[1]?.state === 'running' && waves[0]?.in_flight === 0);
    expect(closed.waiting_for).toMatchObject([{ reason: 'window', opens_at: expect.any(String) as string }]);
    expect(fleet.dispatched).toHaveLength(1);
    expect(await amend(id, { window: null })).toMatchObject({ status: 202 });
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 2 });
  });

  it('waits for who is away no longer than it is told to by then, and gives the next ones another time', async () => {
    await fleet.join(ids(2), { fleet: 'north', online: false });
    const id = await world.rollout({ ...north, strategy: rolling, deadline_s: 86_400 });
    await world.until(id, ({ waves }) => waves[0]?.state === 'running');
    const [first, second] = (await world.members(id)).map(({ device_id }) => device_id);
    fleet.behaviour = () => 'says-nothing';
    await fleet.connect(second!);
    expect(await amend(id, { deadlines: { waiting_s: 1 }, deadline_s: 600 })).toMatchObject({ status: 202 });
    await world.until(id, ({ waves }) => waves[1]?.in_flight === 1);
    expect(await world.members(id, { device_id: first! })).toMatchObject([
      { status: 'failed', code: 'deadline-exceeded', attempt: 0 },
    ]);
    const told = await eventually(async () => {
      const seen = await world.log.read(updateStream({ org: 'acme', device_id: second! }));
      return { found: seen.find((event) => event.type === 'UpdateDispatched'), seen };
    });
    expect(Date.parse(told.data.deadline_at) - Date.parse(told.time)).toBeLessThanOrEqual(600_000);
  });
});
