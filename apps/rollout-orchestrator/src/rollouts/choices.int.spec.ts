import { describe, expect, it } from 'vitest';
import type { EventName, StoredEvent } from '@edgeflow/contracts';
import { type Fleet, ids } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['2.0.0'], (its) => ({ world, fleet } = its));

const allAtOnce = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'all_at_once' } };
const stream = (device_id: string): Promise<StoredEvent[]> =>
  world.log.read({ org: 'acme', entity: 'update', entity_id: device_id });
const names = async (device_id: string): Promise<string[]> => (await stream(device_id)).map(({ type }) => type);
const until = (device_id: string, type: EventName): Promise<StoredEvent> =>
  eventually(async () => {
    const events = await stream(device_id);
    return { found: events.find((event) => event.type === type), seen: events };
  });

/** Told once, the device puts it off; told again it does what comes then. */
function postpones(device_id: string, then: 'installs' | 'declines' | 'postpones' = 'installs'): void {
  fleet.behaviour = (id) => {
    const times = fleet.dispatched.filter((one) => one.device_id === id).length;
    return id === device_id && times <= 1 ? 'postpones' : id === device_id ? then : 'installs';
  };
}

describe('a device whose update somebody there wants later', () => {
  it('takes no place meanwhile, is told again then, and the rollout ends with it', async () => {
    const [first = '', second = ''] = ids(2);
    await fleet.join([first, second], { fleet: 'north' });
    fleet.behaviour = () => (fleet.dispatched.length === 1 ? 'postpones' : 'installs');
    const rollout_id = await world.rollout({ ...allAtOnce, limits: { max_in_flight: 1 } });
    const { waves, waiting_for } = await world.until(rollout_id, ({ waves: [wave] }) => wave?.succeeded === 1);
    expect(waves[0]).toMatchObject({ queued: 0, in_flight: 1, postponed: 1, failed: 0, cancelled: 0 });
    expect(waiting_for).toMatchObject([{ reason: 'devices_postponed', devices: 1 }]);
    const told = fleet.dispatched.map(({ device_id }) => device_id);
    expect(await world.members(rollout_id, { device_id: told[0]! })).toMatchObject([
      { status: 'in_flight', code: 'postponed', detail: 'on the road', attempt: 1 },
    ]);
    const done = await world.reaches(rollout_id, 'completed');
    expect(done.waves[0]).toMatchObject({ succeeded: 2, postponed: 0 });
    expect(await names(told[0]!)).toEqual([
      ...['UpdateDispatched', 'UpdatePostponed', 'UpdateDispatched', 'UpdateCompleted'],
    ]);
    const [offer, postponed, again] = await stream(told[0]!);
    const { data } = postponed as StoredEvent<'UpdatePostponed'>;
    expect(Date.parse(again!.time)).toBeGreaterThanOrEqual(Date.parse(data.until));
    const { deadline_at } = (offer as StoredEvent<'UpdateDispatched'>).data;
    expect(Date.parse(data.deadline_at) - Date.parse(deadline_at)).toBe(data.postponed_s * 1000);
  });

  it('is told again as the limits have room, where several of them are due at once', async () => {
    const devices = ids(3);
    await fleet.join(devices, { fleet: 'north' });
    const isFirst = (id: string) => fleet.dispatched.filter(({ device_id }) => device_id === id).length === 1;
    fleet.behaviour = (id) => (isFirst(id) ? 'postpones' : 'installs-slowly');
    const rollout_id = await world.rollout({ ...allAtOnce, limits: { max_in_flight: 1 } });
    const done = await world.reaches(rollout_id, 'completed');
    expect(done.waves[0]).toMatchObject({ succeeded: 3, postponed: 0, cancelled: 0 });
    expect(fleet.dispatched).toHaveLength(6);
    expect(await fleet.mostInFlight()).toBe(1);
  });

  it('is told when it comes, where it is away at the time; and not before, where it comes back earlier', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    postpones('dev_01');
    await world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0' });
    const { data } = (await until('dev_01', 'UpdatePostponed')) as StoredEvent<'UpdatePostponed'>;
    await fleet.hello('dev_01');
    await until('dev_01', 'UpdateCompleted');
    const again = (await stream('dev_01')).filter(({ type }) => type === 'UpdateDispatched')[1]!;
    expect(Date.parse(again.time)).toBeGreaterThanOrEqual(Date.parse(data.until));
  });

  it('is told again though the orchestrator was away', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    postpones('dev_01');
    await world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0' });
    await until('dev_01', 'UpdatePostponed');
    await world.service.stop();
    await world.start();
    await until('dev_01', 'UpdateCompleted');
  });

  it.each(['abort', 'rollback'])('is let go of by %s', async (action) => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.postpone_s = 3_600;
    fleet.behaviour = () => 'postpones';
    const rollout_id = await world.rollout(allAtOnce);
    await world.until(rollout_id, ({ waves: [wave] }) => wave?.postponed === 1);
    await world.act(rollout_id, action);
    await until('dev_01', 'UpdateCancelled');
    const { waves } = await world.until(rollout_id, ({ waves: [wave] }) => wave?.cancelled === 1);
    expect(waves[0]).toMatchObject({ in_flight: 0, postponed: 0, declined: 0 });
  });

  it('has not failed when its time runs out and nobody began', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.postpone_s = 1;
    fleet.behaviour = () => (fleet.dispatched.length <= 1 ? 'postpones' : 'says-nothing');
    const rollout_id = await world.rollout({ ...allAtOnce, deadline_s: 4, failure: { count: 1, action: 'abort' } });
    const { waves } = await world.reaches(rollout_id, 'completed');
    expect(waves[0]).toMatchObject({ failed: 0, cancelled: 1, postponed: 0, declined: 0 });
    const { data } = await until('dev_01', 'UpdateCancelled');
    expect(data).toMatchObject({ code: 'postponed-too-long' });
  });
});

describe('a device where somebody declines the update', () => {
  it('is counted apart, stops nothing, and is not asked again', async () => {
    await fleet.join(ids(3), { fleet: 'north' });
    fleet.behaviour = (id) => (id === 'dev_01' ? 'declines' : 'installs');
    const failure = { count: 1, action: 'abort' };
    const rollout_id = await world.rollout({ ...allAtOnce, failure, retry: { attempts: 3, backoff_s: 0 } });
    const { waves, allowed_actions } = await world.reaches(rollout_id, 'completed');
    expect(waves[0]).toMatchObject({ succeeded: 2, failed: 0, cancelled: 1, declined: 1 });
    expect(allowed_actions).not.toContain('retry');
    expect(await world.members(rollout_id, { device_id: 'dev_01' })).toMatchObject([
      { status: 'cancelled', code: 'declined', attempt: 1 },
    ]);
    expect(await names('dev_01')).toEqual(['UpdateDispatched', 'UpdateCancelled']);
  });
});
