import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet, ids } from '../testing/fleet.fixture.js';
import { World } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;
beforeAll(async () => {
  world = await World.open();
  await world.begin();
  fleet = new Fleet(world);
  await world.firmware('1.0.0');
  await world.firmware('2.0.0');
});
afterAll(async () => {
  fleet.stop();
  await world.end();
  await world.close();
});

describe('a log that is nearly full', () => {
  it('begins nothing, ends what is open, takes an abort, and goes on by itself', async () => {
    await fleet.join(ids(4), { fleet: 'north' });
    await fleet.join(['offline'], { fleet: 'south', online: false });
    fleet.behaviour = () => 'is-silent';
    const of = { version: '2.0.0', strategy: { type: 'all_at_once' }, limits: { max_in_flight: 2 } };
    const aborted = await world.rollout({ ...of, target: { fleet: 'north' } });
    const waiting = await world.rollout({ ...of, target: { fleet: 'south' } });
    await world.until(aborted, ({ waves }) => waves[0]?.in_flight === 2);
    const queued = await world.ask('POST', 'updates', {
      device_id: 'offline',
      version: '2.0.0',
      when_offline: 'queue',
    });
    expect(queued.status).toBe(202);
    await world.fill(0.93);

    const update = await world.ask('POST', 'updates', { device_id: 'offline', version: '2.0.0' });
    expect(update).toMatchObject({ status: 503, body: { code: 'log-full' } });
    const another = await world.ask('POST', 'rollouts', { ...of, target: { fleet: 'north' } });
    expect(another).toMatchObject({ status: 503, body: { code: 'log-full' } });
    // Its update may be dispatched now, and waits for room; what is behind it must not.
    await fleet.connect('offline');
    expect(await world.act(aborted, 'abort')).toMatchObject({ status: 202 });
    const resource = await world.until(aborted, ({ waves, state }) => state === 'aborted' && waves[0]?.in_flight === 0);
    expect(resource.waves[0]).toMatchObject({ cancelled: 4 });
    expect(fleet.dispatched.filter(({ device_id }) => device_id === 'offline')).toEqual([]);

    fleet.behaviour = () => 'installs';
    await world.fill(0.5);
    await world.reaches(waiting, 'completed');
    expect(fleet.versionOf('offline')).toBe('2.0.0');
  });
});
