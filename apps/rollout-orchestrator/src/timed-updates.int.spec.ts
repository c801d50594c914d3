import { describe, expect, it } from 'vitest';
import { requestStream, updateStream, type StoredEvent } from '@edgeflow/contracts';
import { type Fleet, streamOf } from './testing/fleet.fixture.js';
import { eachInAWorld } from './testing/each-in-a-world.fixture.js';
import { type World, eventually, type Answer } from './testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const later = (s: number): string => new Date(Date.now() + s * 1000).toISOString();
/** A window of a minute that opens in two hours, and one that is always open. */
function closed(): object {
  const opens = new Date(Date.now() + 7_200_000);
  return { cron: `${opens.getUTCMinutes()} ${opens.getUTCHours()} * * *`, duration_s: 60, time_zone: 'UTC' };
}
const open = { cron: '* * * * *', duration_s: 120, time_zone: 'UTC' };

const update = (device_id: string, more: object = {}, how = {}): Promise<Answer> =>
  world.ask('POST', 'updates', { device_id, version: '2.0.0', ...more }, how);
const setWindow = (window: object, name = 'north') => world.ask('PUT', `fleets/${name}/window`, window);
const updates = (device_id: string) => world.log.read(updateStream({ org: 'acme', device_id }));
const typesOf = (events: readonly StoredEvent[]) => events.map(({ type }) => type);
const reaches = (device_id: string, type: string) =>
  eventually(async () => {
    const seen = await updates(device_id);
    return { found: seen.find((event) => event.type === type), seen };
  });

describe('a single update', () => {
  it('keeps to the window of its fleet, as it is set by then', async () => {
    await setWindow(closed());
    await fleet.join(['dev_1', 'dev_2'], { fleet: 'north' });
    await fleet.join(['dev_3'], { fleet: 'south' });
    const waits = await update('dev_1');
    expect(waits).toMatchObject({ status: 202, body: { status: 'queued' } });
    expect(await update('dev_3')).toMatchObject({ body: { status: 'dispatched' } });
    expect(await update('dev_1')).toMatchObject({ status: 409, body: { code: 'update-in-progress' } });
    const now = await update('dev_2', { ignore_window: true, reason: 'it burns' });
    expect(now).toMatchObject({ status: 202, body: { status: 'dispatched' } });
    const [asked] = await world.log.read(requestStream('acme', String(now.body['request_id'])));
    expect(asked?.data).toMatchObject({
      ignore_window: true,
      reason: 'it burns',
      role: 'operator',
      requested_by: 'ops',
    });
    await reaches('dev_2', 'UpdateCompleted');
    expect(typesOf(await updates('dev_1'))).toEqual(['UpdateQueued', 'UpdateRejected']);
    await setWindow(open);
    await reaches('dev_1', 'UpdateCompleted');
  });

  it('waits for its start and its own window, and can be taken back meanwhile', async () => {
    await fleet.join(['dev_1', 'dev_2']);
    const start_at = later(3);
    const waits = await update('dev_1', { start_at, window: open, deadline_s: 60 }, { key: 'k' });
    expect(waits).toMatchObject({ status: 202, body: { status: 'queued' } });
    expect(await update('dev_1', { start_at, window: open, deadline_s: 60 }, { key: 'k' })).toEqual(waits);
    const held = await update('dev_2', { window: closed() });
    expect(held).toMatchObject({ status: 202, body: { status: 'queued' } });
    const told = (await reaches('dev_1', 'UpdateDispatched')) as StoredEvent<'UpdateDispatched'>;
    expect(Date.parse(told.time)).toBeGreaterThanOrEqual(Date.parse(start_at));
    expect(told.data.deadline_at).toBe(new Date(Date.parse(start_at) + 60_000).toISOString());
    const cancelled = await world.ask('POST', `updates/${String(held.body['update_id'])}/cancel`, { reason: 'no' });
    expect(cancelled).toMatchObject({ status: 202, body: { status: 'cancelled' } });
  });

  it('is taken in while its device is offline, and waits for it until its deadline once its time has come', async () => {
    await fleet.join(['dev_1', 'dev_2'], { online: false });
    expect(await update('dev_1')).toMatchObject({ status: 409, body: { code: 'device-offline' } });
    const start_at = later(2);
    expect(await update('dev_1', { start_at, deadline_s: 1 })).toMatchObject({
      status: 202,
      body: { status: 'queued' },
    });
    expect(await update('dev_2', { start_at })).toMatchObject({ body: { status: 'queued' } });
    expect((await reaches('dev_1', 'UpdateFailed')).data).toMatchObject({ code: 'deadline-exceeded' });
    await fleet.connect('dev_2');
    await reaches('dev_2', 'UpdateCompleted');
  });

  it('has time from when it can be told, also where the window is moved', async () => {
    await setWindow(closed());
    await fleet.join(['dev_1'], { fleet: 'north' });
    await update('dev_1', { start_at: later(1), deadline_s: 1 });
    const [queued] = (await updates('dev_1')) as StoredEvent<'UpdateQueued'>[];
    const { not_before = '', deadline_at } = queued!.data;
    expect(Date.parse(deadline_at) - Date.parse(not_before)).toBe(1_000);
    expect(Date.parse(not_before)).toBeGreaterThan(Date.now() + 3_600_000);
  });

  it('has its time from when it is told, where the window is taken away', async () => {
    await setWindow(closed());
    await fleet.join(['dev_1'], { fleet: 'north' });
    await update('dev_1', { deadline_s: 60 });
    expect((await world.ask('DELETE', 'fleets/north/window')).status).toBe(202);
    const { time, data } = (await reaches('dev_1', 'UpdateDispatched')) as StoredEvent<'UpdateDispatched'>;
    expect(Date.parse(data.deadline_at)).toBeLessThan(Date.parse(time) + 120_000);
    await reaches('dev_1', 'UpdateCompleted');
  });

  it('ends as not needed where its device comes to run the version before it is told', async () => {
    await setWindow(closed());
    await fleet.join(['dev_1'], { fleet: 'north' });
    await update('dev_1');
    await fleet.boots('dev_1', '2.0.0');
    expect((await reaches('dev_1', 'UpdateCancelled')).data).toMatchObject({ code: 'already-on-target' });
    expect(await update('dev_1')).toMatchObject({ status: 202, body: { status: 'skipped' } });
  });

  it('has ended when its image is revoked, and its device is free for another one', async () => {
    await world.firmware('3.0.0');
    await fleet.join(['dev_1'], { fleet: 'north' });
    await fleet.join(['dev_2'], { online: false });
    await fleet.join(['dev_3'], { fleet: 'north' });
    await update('dev_1', { start_at: later(3_600) });
    await update('dev_2', { when_offline: 'queue' });
    await update('dev_3', { start_at: later(3_600), version: '3.0.0' });
    await world.revoke('2.0.0');
    for (const device_id of ['dev_1', 'dev_2']) {
      expect((await reaches(device_id, 'UpdateCancelled')).data).toMatchObject({ code: 'firmware-revoked' });
    }
    expect(typesOf(await updates('dev_3'))).toEqual(['UpdateQueued']);
    expect(await update('dev_1', { version: '3.0.0' })).toMatchObject({ status: 202, body: { status: 'dispatched' } });
  });

  it.each<[string, () => object]>([
    ['a start in the past', () => ({ start_at: later(-3_600) })],
    ['a start that is no time', () => ({ start_at: '2027-02-29T00:00:00Z' })],
    ['a window that never opens', () => ({ window: { ...open, cron: '0 0 30 2 *' } })],
    ['a window in no time zone', () => ({ window: { ...open, time_zone: 'Mars/Base' } })],
    ['a window with a member that there is not', () => ({ window: { ...open, until: 'late' } })],
  ])('is refused with %s', async (_name, wrong) => {
    await fleet.join(['dev_1']);
    expect(await update('dev_1', wrong())).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(await updates('dev_1')).toEqual([]);
  });

  it('does not pass over the window of a fleet without a reason', async () => {
    await fleet.join(['dev_1']);
    for (const none of [{}, { reason: ' ' }]) {
      const refused = await update('dev_1', { ignore_window: true, ...none });
      expect(refused).toMatchObject({ status: 400, body: { code: 'reason-required' } });
    }
    expect(await updates('dev_1')).toEqual([]);
  });

  it('is refused where its window and that of its fleet have no time in common', async () => {
    await setWindow({ cron: '0 2 * * *', duration_s: 60, time_zone: 'UTC' });
    await fleet.join(['dev_1'], { fleet: 'north' });
    const window = { cron: '0 3 * * *', duration_s: 60, time_zone: 'UTC' };
    expect(await update('dev_1', { window })).toMatchObject({ status: 409, body: { code: 'window-never-opens' } });
  });
});

describe('a team that asks for a single update over NATS', () => {
  const ask = (id: string, data: object) =>
    world.publish(`inbox.acme.${id}.UpdateRequested`, {
      ...{ specversion: '1.0', id, source: '/team', type: 'UpdateRequested' },
      data: { device_id: 'dev_1', version: '2.0.0', ...data },
    });
  const refusalOf = (id: string) =>
    eventually(async () => {
      const seen = await world.log.read(requestStream('acme', id));
      return { found: seen.find(({ type }) => type === 'RequestRefused')?.data, seen };
    });

  it('says when, and may not ignore the window of a fleet', async () => {
    await fleet.join(['dev_1'], { fleet: 'north' });
    await ask('r_1', { ignore_window: true, reason: 'we like to' });
    expect(await refusalOf('r_1')).toMatchObject({ code: 'forbidden' });
    await ask('r_0', { ignore_window: true });
    expect(await refusalOf('r_0')).toMatchObject({ code: 'forbidden' });
    await ask('r_2', { start_at: later(-3_600) });
    expect(await refusalOf('r_2')).toMatchObject({ code: 'invalid-request' });
    await ask('r_3', { window: { ...open, cron: 'whenever' } });
    expect(await refusalOf('r_3')).toMatchObject({ code: 'invalid-request' });
    await ask('r_4', { start_at: later(2) });
    await reaches('dev_1', 'UpdateCompleted');
  });

  it('has its window obeyed also where it came past any inbox and cannot be read', async () => {
    await fleet.join(['dev_1', 'dev_2']);
    await world.publish('ota.acme.request.r_5.UpdateRequested', {
      ...{ specversion: '1.0', id: 'r_5', source: '/team', type: 'UpdateRequested' },
      data: { device_id: 'dev_1', version: '2.0.0', window: { ...open, cron: 'whenever' } },
    });
    expect((await reaches('dev_1', 'UpdateRejected')).data).toMatchObject({ code: 'window-never-opens' });
    expect(await update('dev_2')).toMatchObject({ status: 202 });
    expect((await world.log.read(streamOf('dev_2'))).length).toBeGreaterThan(0);
  });
});
