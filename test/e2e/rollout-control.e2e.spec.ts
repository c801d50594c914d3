import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts, type Member, type Page } from './rollouts.harness.js';
import type { Role } from './standalone.harness.js';
import type { TunnelFleet } from './tunnel-fleet.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const to2 = { version: '2.0.0', strategy: { type: 'all_at_once' } };
const later = (s: number): string => new Date(Date.now() + s * 1000).toISOString();

/** A fleet that is online, and what a rollout over it is asked for with. */
async function online(name: string, devices: number, versions?: string[]): Promise<[TunnelFleet, object]> {
  const fleet = await rollouts.fleet(name, versions);
  await fleet.join(ids(devices, name));
  return [fleet, { ...to2, target: { fleet: name } }];
}

/** Waits until so many devices have been told. */
async function told(fleet: TunnelFleet, count: number): Promise<void> {
  await rollouts.standalone.eventually(
    async () => ({ status: 0, body: fleet.told.length }),
    ({ body }) => body >= count,
  );
}

/** Waits until a device is known to be in a phase. */
async function inPhase(id: string, device: string, phase: string): Promise<void> {
  await rollouts.standalone.eventually(
    () => rollouts.query<Page<Member & { phase: string }>>(`rollouts/${id}/devices?status=in_flight`),
    ({ body }) => body.items.some((item) => item.device_id === device && item.phase === phase),
  );
}

describe('an operator', () => {
  it('says when it starts', async () => {
    const [fleet, body] = await online('c_start', 2);
    const id = await rollouts.start({ ...body, start_at: later(8) }, 2);
    const scheduled = await rollouts.reaches(id, 'scheduled');
    expect(scheduled.waiting_for).toEqual([
      { reason: 'start_time', at: expect.any(String) as string, remaining_s: expect.any(Number) as number },
    ]);
    expect(scheduled.allowed_actions).toEqual(['pause', 'abort']);
    expect(fleet.told).toEqual([]);
    await rollouts.reaches(id, 'completed');
  });

  it('approves the start, once', async () => {
    const [fleet, body] = await online('c_once', 2);
    const strategy = { type: 'rolling', batch_size: 1 };
    const id = await rollouts.start({ ...body, strategy, approval: 'start' }, 2);
    const waiting = await rollouts.reaches(id, 'awaiting_approval');
    expect(waiting).toMatchObject({ waiting_for: [{ reason: 'approval', wave: 0 }] });
    expect(waiting.allowed_actions).toEqual(['approve', 'pause', 'abort']);
    expect(fleet.told).toEqual([]);
    await rollouts.do(id, 'approve', 'the board said yes');
    await rollouts.reaches(id, 'completed');
    expect((await rollouts.events(id, 'RolloutApproved')).map(({ data }) => data)).toMatchObject([
      { wave: 0, role: 'operator', reason: 'the board said yes' },
    ]);
  });

  it('approves every wave, with role and reason in the event', async () => {
    const [fleet, body] = await online('c_every', 3);
    const strategy = { type: 'staged', waves: [{ count: 1 }, { count: 1 }] };
    const id = await rollouts.start({ ...body, strategy, approval: 'every_wave' }, 3);
    for (const [wave, role] of (['operator', 'admin', 'operator'] as Role[]).entries()) {
      await rollouts.until(id, ({ waiting_for }) =>
        waiting_for.some((one) => one.reason === 'approval' && one['wave'] === wave),
      );
      expect(fleet.told).toHaveLength(wave);
      expect(await rollouts.act(id, 'approve', `wave ${wave}`, role)).toMatchObject({ status: 202 });
    }
    await rollouts.reaches(id, 'completed');
    const approvals = (await rollouts.events(id, 'RolloutApproved')).map(({ data }) => data);
    expect(approvals).toMatchObject([
      { wave: 0, role: 'operator', reason: 'wave 0', requested_by: expect.any(String) as string },
      { wave: 1, role: 'admin', reason: 'wave 1' },
      { wave: 2, role: 'operator', reason: 'wave 2' },
    ]);
    expect(await rollouts.act(id, 'approve')).toMatchObject({ status: 409, body: { code: 'action-not-allowed' } });
  });

  it('pauses and resumes: what is under way goes on, nobody else is told meanwhile', async () => {
    const [fleet, body] = await online('c_pause', 3);
    fleet.script = () => ({ holds: 'downloading' });
    const id = await rollouts.start({ ...body, limits: { max_in_flight: 1 } }, 3);
    await told(fleet, 1);
    const full = await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    expect(full.waiting_for).toMatchObject([
      { reason: 'capacity', in_flight: 1, max_in_flight: 1, waiting: 2 },
      { reason: 'devices_in_flight', devices: 1, offline: 0 },
    ]);
    await rollouts.do(id, 'pause', 'lunch');
    fleet.script = () => 'installs';
    fleet.release();
    const paused = await rollouts.until(id, ({ state, succeeded }) => state === 'paused' && succeeded === 1);
    expect(paused.waiting_for).toMatchObject([{ reason: 'operator', why: 'lunch', by: expect.any(String) as string }]);
    expect(paused.allowed_actions).toEqual(['resume', 'abort', 'rollback', 'skip', 'amend']);
    expect(paused.waves[0]).toMatchObject({ queued: 2, in_flight: 0 });
    expect(await rollouts.act(id, 'pause')).toMatchObject({ status: 409, body: { code: 'action-not-allowed' } });
    expect(fleet.told).toHaveLength(1);
    await rollouts.do(id, 'resume', 'lunch is over');
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 3 });
    const [resumed] = await rollouts.events(id, 'RolloutResumed');
    expect(resumed?.data).toMatchObject({ cause: 'operator', role: 'operator', reason: 'lunch is over' });
  });

  it('aborts: who waits and who downloads is cancelled and told so, who installs finishes and is counted', async () => {
    const [fleet, body] = await online('c_abort', 5);
    fleet.script = ({ id }) =>
      ['c_abort_01', 'c_abort_02'].includes(id) ? { holds: 'installing' } : { holds: 'downloading' };
    const target = { devices: ids(4, 'c_abort') };
    const id = await rollouts.start({ ...body, target: { fleet: 'c_abort' }, limits: { max_in_flight: 4 } }, 5);
    expect(target.devices).toHaveLength(4);
    await told(fleet, 4);
    const installing = fleet.inFlight.map((device) => device.id).filter((one) => one < 'c_abort_03');
    const downloading = fleet.inFlight.map((device) => device.id).filter((one) => one >= 'c_abort_03');
    for (const device of installing) await inPhase(id, device, 'installing');
    for (const device of downloading) await inPhase(id, device, 'downloading');
    await rollouts.do(id, 'abort', 'wrong image');
    const stopped = await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === installing.length);
    expect(stopped).toMatchObject({ state: 'aborted' });
    expect(stopped.waves[0]).toMatchObject({ cancelled: 5 - installing.length, queued: 0 });
    await rollouts.standalone.eventually(
      async () => ({ status: 0, body: fleet.cancelled.toSorted() }),
      ({ body: cancelled }) => cancelled.length === downloading.length,
    );
    expect(fleet.cancelled.toSorted()).toEqual(downloading.toSorted());
    fleet.release();
    const ended = await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 0);
    expect(ended).toMatchObject({ succeeded: installing.length, failed: 0, percent: 100, state: 'aborted' });
    const cancelled = await rollouts.members(id, 'status=cancelled');
    expect(new Set(cancelled.map(({ code }) => code))).toEqual(new Set(['rollout-aborted']));
    for (const device of installing) expect(fleet.versions[device]).toBe('2.0.0');
    expect((await rollouts.events(id, 'RolloutAborted'))[0]?.data).toMatchObject({
      ...{ cause: 'operator', role: 'operator', reason: 'wrong image' },
    });
    // The devices are free again.
    fleet.script = () => 'installs';
    const again = await rollouts.start(body, 5 - installing.length);
    expect(await rollouts.reaches(again, 'completed')).toMatchObject({ failed: 0 });
  });

  it('has the failed try again', async () => {
    const [fleet, body] = await online('c_retry', 3);
    fleet.script = ({ id }) => (id === 'c_retry_01' ? 'installs' : { fails: 'download-failed' });
    const id = await rollouts.start(body, 3);
    const failed = await rollouts.reaches(id, 'completed');
    expect(failed).toMatchObject({ succeeded: 1, failed: 2, allowed_actions: ['retry', 'rollback'] });
    fleet.script = () => 'installs';
    await rollouts.do(id, 'retry', 'the network is back');
    expect(await rollouts.until(id, ({ succeeded }) => succeeded === 3)).toMatchObject({ failed: 0 });
    await rollouts.reaches(id, 'completed');
    expect(fleet.told).toHaveLength(5);
    expect(new Set(fleet.told.map(({ frame }) => frame.update_id)).size).toBe(5);
    expect((await rollouts.events(id, 'RolloutRetried'))[0]?.data).toMatchObject({ devices: 2, role: 'operator' });
    expect(await rollouts.failures(id)).toEqual([]);
  });

  it('must be one: others may not act, other organizations know of nothing', async () => {
    const [, body] = await online('c_roles', 1);
    const id = await rollouts.start({ ...body, start_at: later(3600) }, 1);
    for (const role of ['viewer', 'publisher'] as const) {
      const answers = [
        await rollouts.post('rollouts', body, role),
        await rollouts.post('rollouts?dry_run=true', body, role),
        await rollouts.post('devices/c_roles_01/rollback', {}, role),
        ...(await Promise.all(
          ['pause', 'resume', 'abort', 'approve', 'retry', 'rollback'].map((action) =>
            rollouts.act(id, action, 'x', role),
          ),
        )),
      ];
      for (const answer of answers) expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    for (const action of ['pause', 'resume', 'abort', 'approve', 'retry', 'rollback']) {
      expect(await rollouts.post(`rollouts/${id}/${action}`, {}, 'admin', 'globex')).toMatchObject({
        status: 404,
        body: { code: 'rollout-unknown' },
      });
    }
    expect(await rollouts.post('devices/c_roles_01/rollback', {}, 'admin', 'globex')).toMatchObject({ status: 404 });
    expect(await rollouts.act('rol_none', 'pause')).toMatchObject({ status: 404, body: { code: 'rollout-unknown' } });
    expect(await rollouts.act(id, 'explode')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    for (const action of ['resume', 'approve', 'retry', 'rollback']) {
      expect(await rollouts.act(id, action)).toMatchObject({ status: 409, body: { code: 'action-not-allowed' } });
    }
    expect((await rollouts.until(id, () => true)).state).toBe('scheduled');
    expect(await rollouts.post(`rollouts/${id}/abort`, {}, 'admin')).toMatchObject({ status: 202 });
    await rollouts.reaches(id, 'aborted');
    const none = await rollouts.post(
      'rollouts',
      { ...body, target: { devices: ['c_roles_01'] } },
      'operator',
      'globex',
    );
    expect(none).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
  });
});

describe('limits', () => {
  it('keep devices in flight and devices told in a minute', async () => {
    const [fleet, body] = await online('l_many', 8);
    const id = await rollouts.start({ ...body, limits: { max_in_flight: 2, max_per_minute: 5 } }, 8);
    const waits = await rollouts.until(id, ({ succeeded }) => succeeded === 5);
    expect(waits.waiting_for).toMatchObject([
      {
        reason: 'rate_limit',
        told_last_minute: 5,
        max_per_minute: 5,
        waiting: 3,
        next_in_s: expect.any(Number) as number,
      },
    ]);
    expect(fleet.told).toHaveLength(5);
    expect(fleet.mostInFlight).toBeLessThanOrEqual(2);
    await rollouts.do(id, 'abort');
  });

  it('keep to the windows of the rollout and of the fleet', async () => {
    const [fleet, body] = await online('l_window', 1);
    const minute = (new Date().getUTCMinutes() + 30) % 60;
    const closed = { cron: `${minute} * * * *`, duration_s: 60, time_zone: 'UTC' };
    const open = { cron: '* * * * *', duration_s: 3600, time_zone: 'Europe/Berlin' };
    const id = await rollouts.start({ ...body, window: closed }, 1);
    const waits = await rollouts.until(id, ({ waves }) => waves[0]?.state === 'running');
    expect(waits.waiting_for).toEqual([
      { reason: 'window', opens_at: expect.any(String) as string, remaining_s: expect.any(Number) as number },
    ]);
    await rollouts.do(id, 'abort');
    const path = '/orchestrator/v1/fleets/l_window/window';
    const put = await rollouts.standalone.ask<object>('acme', 'operator', 'PUT', path, closed);
    expect(put).toMatchObject({ status: 202, body: { position: expect.any(Number) as number } });
    for (const wrong of [{ ...closed, cron: '* *' }, { ...closed, time_zone: 'Mars' }, {}]) {
      const answer = await rollouts.standalone.ask<object>('acme', 'operator', 'PUT', path, wrong);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    }
    expect(await rollouts.standalone.ask<object>('acme', 'viewer', 'PUT', path, open)).toMatchObject({ status: 403 });
    const second = await rollouts.start({ ...body, window: open }, 1);
    const fleetClosed = await rollouts.until(second, ({ waves }) => waves[0]?.state === 'running');
    expect(fleetClosed.waiting_for).toEqual([
      {
        reason: 'fleet_window',
        devices: 1,
        opens_at: expect.any(String) as string,
        remaining_s: expect.any(Number) as number,
      },
    ]);
    expect(fleet.told).toEqual([]);
    // Neither own window nor the fleet's names a time at which the other is open.
    const apart = { ...closed, cron: `${(minute + 20) % 60} * * * *` };
    await rollouts.post(`rollouts/${second}/amend`, { reason: 'another hour', window: apart });
    const never = await rollouts.until(second, ({ waiting_for }) => waiting_for[0]?.reason === 'window_never_opens');
    expect(never.waiting_for).toEqual([{ reason: 'window_never_opens', devices: 1, fleets: ['l_window'] }]);
    const refused = await rollouts.post('rollouts?dry_run=true', { ...body, window: apart });
    expect(refused).toMatchObject({ status: 409, body: { code: 'window-never-opens' } });
    await rollouts.post(`rollouts/${second}/amend`, { reason: 'any hour', window: open });
    expect(await rollouts.standalone.ask('acme', 'operator', 'DELETE', path)).toMatchObject({ status: 202 });
    await rollouts.reaches(second, 'completed');
    expect(fleet.told).toHaveLength(1);
  });

  it('let a failed device try again, after a pause that doubles, and no further than they say', async () => {
    const [fleet, body] = await online('l_retry', 2);
    fleet.script = ({ id }) =>
      id === 'l_retry_01' && fleet.device(id).updates.length === 3 ? 'installs' : { fails: 'download-failed' };
    const id = await rollouts.start({ ...body, retry: { attempts: 2, backoff_s: 1 } }, 2);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 1, failed: 1 });
    const members = await rollouts.members(id);
    expect(members.map(({ attempt }) => attempt)).toEqual([3, 3]);
    for (const device of ids(2, 'l_retry')) {
      type Timed = { type: string; time: string };
      const { items } = (await rollouts.query<Page<Timed>>(`devices/${device}/events?limit=200`)).body;
      const at = (type: string): number[] =>
        items.filter((one) => one.type === type).map(({ time }) => Date.parse(time));
      const [failed, dispatched] = [at('UpdateFailed'), at('UpdateDispatched')];
      expect(dispatched[1]! - failed[0]!).toBeGreaterThanOrEqual(1_000);
      expect(dispatched[2]! - failed[1]!).toBeGreaterThanOrEqual(2_000);
    }
    const hour = await rollouts.start({ ...body, retry: { attempts: 1, backoff_s: 3600 } }, 1);
    const waits = await rollouts.until(
      hour,
      ({ waiting_for }) => waiting_for.length > 0 && waiting_for[0]?.reason === 'backoff',
    );
    expect(waits.waiting_for).toMatchObject([{ reason: 'backoff', devices: 1, next_at: expect.any(String) as string }]);
    await rollouts.do(hour, 'abort');
  });

  it.each([
    ['waits', { deadlines: { waiting_s: 1 } }, 'offline'],
    ['downloads', { deadlines: { downloading_s: 1 } }, 'downloading'],
    ['verifies', { deadlines: { verifying_s: 1 } }, 'verifying'],
    ['installs', { deadlines: { installing_s: 1 } }, 'installing'],
    ['reboots', { deadlines: { rebooting_s: 1 } }, 'rebooting'],
    ['says nothing', { deadlines: { downloading_s: 1 } }, 'silent'],
    ['takes longer than the whole update may', { deadline_s: 2 }, 'installing'],
  ] as const)('end the update of a device that %s for too long', async (what, spec, how) => {
    const name = `d_${what.replaceAll(' ', '_')}`;
    const fleet = await rollouts.fleet(name);
    await fleet.join(ids(1, name), { offline: how === 'offline' });
    fleet.script = () => (how === 'silent' || how === 'offline' ? 'silent' : { holds: how });
    const id = await rollouts.start({ ...to2, target: { fleet: name }, ...spec }, 1);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ failed: 1, percent: 100 });
    expect(await rollouts.members(id)).toMatchObject([{ status: 'failed', code: 'deadline-exceeded' }]);
    if (how !== 'offline') {
      await rollouts.standalone.eventually(
        async () => ({ status: 0, body: fleet.cancelled }),
        ({ body }) => body.length === 1,
      );
    }
  });

  it('keep a device for the more urgent rollout that has not come to it yet, and say so', async () => {
    const fleet = await rollouts.fleet('p_keeps', ['1.0.0', '2.0.0', '3.0.0']);
    await fleet.join(ids(2, 'p_keeps'));
    const target = { fleet: 'p_keeps' };
    const strategy = { type: 'rolling', batch_size: 1 };
    const more = { version: '3.0.0', priority: 1, approval: 'every_wave' };
    const urgent = await rollouts.start({ ...to2, target, strategy, ...more }, 2);
    await rollouts.reaches(urgent, 'awaiting_approval');
    await rollouts.do(urgent, 'approve');
    await rollouts.until(urgent, ({ state, succeeded }) => state === 'awaiting_approval' && succeeded === 1);
    const [left] = Object.keys(fleet.versions).filter((id) => fleet.versions[id] === '1.0.0');
    const plain = await rollouts.start({ ...to2, target: { devices: [left] } }, 1);
    const waits = await rollouts.until(plain, ({ waves }) => waves[0]?.state === 'running');
    const others = (next_at: unknown) => ({ devices: 1, rollouts: [{ rollout_id: urgent, next_at }] });
    expect(waits.waiting_for).toEqual([{ reason: 'more_urgent_rollout', ...others(null) }]);
    const hours = { cron: `${(new Date().getUTCMinutes() + 30) % 60} * * * *`, duration_s: 60, time_zone: 'UTC' };
    await rollouts.post(`rollouts/${urgent}/amend`, { reason: 'at night', window: hours });
    await rollouts.do(urgent, 'approve');
    const later = await rollouts.until(plain, ({ waiting_for: [one] }) => JSON.stringify(one).includes(':00.000Z'));
    expect(later.waiting_for).toEqual([{ reason: 'more_urgent_rollout', ...others(expect.any(String)) }]);
    await rollouts.post(`rollouts/${urgent}/amend`, { reason: 'now', window: null });
    await rollouts.reaches(plain, 'completed');
    expect(fleet.told.map(({ frame }) => frame.version)).toEqual(['3.0.0', '3.0.0', '2.0.0']);
  });

  it('give a device to the more urgent rollout first, and never two updates at a time', async () => {
    const fleet = await rollouts.fleet('p_first', ['1.0.0', '2.0.0', '3.0.0']);
    const [device] = await fleet.join(['p_first_01'], { offline: true });
    const target = { fleet: 'p_first' };
    const urgent = await rollouts.start({ ...to2, target, version: '3.0.0', priority: 10 }, 1);
    const plain = await rollouts.start({ ...to2, target }, 1);
    for (const id of [plain, urgent]) {
      const waits = await rollouts.until(id, ({ waves }) => waves[0]?.state === 'running');
      expect(waits.waiting_for).toEqual([{ reason: 'devices_offline', devices: 1 }]);
    }
    fleet.script = (_, { version }) => (version === '3.0.0' ? { holds: 'installing' } : 'installs');
    await device!.connect();
    await told(fleet, 1);
    await rollouts.until(plain, ({ waiting_for }) => waiting_for.some(({ reason }) => reason === 'devices_busy'));
    const single = await rollouts.post('updates', { device_id: 'p_first_01', version: '2.0.0' });
    expect(single).toMatchObject({ status: 409, body: { code: 'update-in-progress' } });
    fleet.release();
    await rollouts.reaches(urgent, 'completed');
    await rollouts.reaches(plain, 'completed');
    expect(fleet.told.map(({ frame }) => frame.version)).toEqual(['3.0.0', '2.0.0']);
    expect(fleet.told.map(({ frame }) => frame.number)).toEqual([1, 2]);
  });
});
