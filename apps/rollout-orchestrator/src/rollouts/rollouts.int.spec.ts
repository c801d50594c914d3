import { describe, expect, it } from 'vitest';
import { updateStream, type StoredEvent } from '@edgeflow/contracts';
import { UpdateAppender } from '../devices/update-appender.js';
import { OrchestratorCore } from '../orchestrator.core.js';
import { RolloutDevicesProcessor } from '../processors/rollout-devices.processor.js';
import { type Fleet, ids, streamOf } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const north = { version: '2.0.0', target: { fleet: 'north' } };
const allAtOnce = { ...north, strategy: { type: 'all_at_once' } };

describe('a rollout', () => {
  it('brings every device of a fleet to the version, all at once', async () => {
    await fleet.join(ids(5), { fleet: 'north' });
    await fleet.join(['other'], { fleet: 'south' });
    const id = await world.rollout(allAtOnce);
    const resource = await world.reaches(id, 'completed');
    expect(resource).toMatchObject({ eligible: 5, percent: 100, succeeded: 5, failed: 0 });
    expect(await world.story(id)).toEqual([
      'RolloutAccepted',
      'RolloutStarted',
      'WaveStarted',
      'WaveCompleted',
      'RolloutCompleted',
    ]);
    expect(fleet.versionOf('other')).toBe('1.0.0');
  });

  it('goes in batches, one after the other', async () => {
    await fleet.join(ids(5), { fleet: 'north' });
    const id = await world.rollout({ ...north, strategy: { type: 'rolling', batch_size: 2 } });
    const { waves } = await world.reaches(id, 'completed');
    expect(waves.map(({ eligible, succeeded }) => [eligible, succeeded])).toEqual([
      [2, 2],
      [2, 2],
      [1, 1],
    ]);
    expect(await fleet.mostInFlight()).toBeLessThanOrEqual(2);
  });

  it('says what it would do, without doing it', async () => {
    await fleet.join(ids(10), { fleet: 'north' });
    await fleet.join(['new'], { fleet: 'north', version: '2.0.0' });
    await fleet.join(['odd'], { fleet: 'north', model: 'm2' });
    const strategy = { type: 'canary', percent: 10, soak_s: 60, success_percent: 100, then: { type: 'all_at_once' } };
    const plan = await eventually(async () => {
      const answer = await world.ask('POST', 'rollouts?dry_run=true', { ...north, strategy });
      const { excluded } = answer.body as { excluded?: Record<string, number> };
      return { found: Object.keys(excluded ?? {}).length === 2 ? answer : undefined, seen: answer };
    });
    expect(plan).toEqual({
      status: 200,
      body: {
        version: '2.0.0',
        eligible: 10,
        excluded: { 'already-on-target': 1, 'model-mismatch': 1 },
        warnings: {},
        waves: [
          { index: 0, eligible: 1, soak_s: 60, success_percent: 100 },
          { index: 1, eligible: 9, soak_s: 0 },
        ],
        overlaps: [],
      },
    });
    expect(fleet.dispatched).toEqual([]);
  });

  it('completes at once when no device is eligible', async () => {
    await fleet.join(ids(2), { fleet: 'north', version: '2.0.0' });
    // Not before both are known with their version: a rollout that told one of them would wait for its answer.
    await eventually(async () => {
      const { body } = await world.ask('POST', 'rollouts?dry_run=true', allAtOnce);
      const { excluded } = body as { excluded?: Record<string, number> };
      return { found: excluded?.['already-on-target'] === 2 ? true : undefined, seen: body };
    });
    const { body } = await world.ask('POST', 'rollouts', allAtOnce);
    const id = String(body.rollout_id);
    expect((await world.reaches(id, 'completed')).excluded).toEqual({ 'already-on-target': 2 });
    expect(await world.resource(id)).toMatchObject({ eligible: 0, percent: 100, state: 'completed' });
  });

  it('is refused for a version that nobody uploaded, and for a strategy that is none', async () => {
    expect(await world.ask('POST', 'rollouts', { ...allAtOnce, version: '9.0.0' })).toMatchObject({
      status: 404,
      body: { code: 'firmware-unknown' },
    });
    expect(await world.ask('POST', 'rollouts', { ...north, strategy: { type: 'canary', percent: 0 } })).toMatchObject({
      status: 400,
      body: { code: 'invalid-request', detail: expect.stringContaining('strategy') as string },
    });
  });
});

describe('a gate', () => {
  const canary = { type: 'canary', count: 2, soak_s: 0, success_percent: 100 };

  it('holds the next wave on numbers below the threshold, and an operator goes on over it', async () => {
    await fleet.join(ids(4), { fleet: 'north' });
    fleet.behaviour = () => 'fails';
    const id = await world.rollout({ ...north, strategy: canary });
    const held = await world.reaches(id, 'paused');
    expect(held.waiting_for).toMatchObject([
      { reason: 'gate', gate: { gate: 'success', passed: false, finished: 2, succeeded: 0, threshold_percent: 100 } },
    ]);
    expect(held.waves[1]).toMatchObject({ state: 'pending', queued: 2 });
    fleet.behaviour = () => 'installs';
    expect(await world.act(id, 'resume')).toMatchObject({ status: 202 });
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 2, failed: 2 });
  });

  it('rolls back what the rollout has moved', async () => {
    await fleet.join(ids(6), { fleet: 'north' });
    const isGood = (id: string) => id === fleet.dispatched[0]?.device_id;
    fleet.behaviour = (id, version) => (version === '2.0.0' && !isGood(id) ? 'comes-back-old' : 'installs');
    const strategy = { type: 'canary', count: 3, soak_s: 0, success_percent: 90 };
    const id = await world.rollout({ ...north, strategy, failure: { count: 99, action: 'rollback' } });
    const resource = await world.reaches(id, 'rolled_back');
    expect(resource.rollback).toMatchObject({
      cause: 'gate',
      gate: { gate: 'success', finished: 3, succeeded: 1, failed: 2 },
    });
    expect(resource.rollback?.waves).toMatchObject([{ eligible: 1, succeeded: 1 }]);
    for (const device of ids(6)) expect(fleet.versionOf(device)).toBe('1.0.0');
  });
});

describe('an operator', () => {
  it('aborts before the first device was told', async () => {
    await fleet.join(ids(3), { fleet: 'north' });
    const id = await world.rollout({ ...allAtOnce, start_at: new Date(Date.now() + 3_600_000).toISOString() });
    expect((await world.reaches(id, 'scheduled')).waiting_for).toMatchObject([{ reason: 'start_time' }]);
    expect(await world.act(id, 'abort')).toMatchObject({ status: 202 });
    const { waves } = await world.reaches(id, 'aborted');
    expect(waves).toMatchObject([{ eligible: 3, cancelled: 3, queued: 0 }]);
    expect(fleet.dispatched).toEqual([]);
  });

  it('starts nothing in the past, and hears of one that has started what it heard before', async () => {
    await fleet.join(ids(1), { fleet: 'north' });
    const refused = { status: 400, body: { code: 'invalid-request', detail: 'start_at must not be in the past' } };
    const past = { ...allAtOnce, start_at: new Date(Date.now() - 60_000).toISOString() };
    for (const path of ['rollouts', 'rollouts?dry_run=true'])
      expect(await world.ask('POST', path, past)).toMatchObject(refused);
    // Nearly too late now, and too late when it is asked for again.
    const soon = { ...allAtOnce, start_at: new Date(Date.now() - 28_000).toISOString() };
    const first = await world.ask('POST', 'rollouts', soon, { key: 'k' });
    expect(first.status).toBe(202);
    await eventually(async () => ({ found: Date.now() > Date.parse(soon.start_at) + 30_500 || undefined }));
    const { rollout_id } = first.body;
    expect(await world.ask('POST', 'rollouts', soon, { key: 'k' })).toMatchObject({
      status: 202,
      body: { rollout_id },
    });
  });

  it('aborts while devices download and install: those that install finish and are counted', async () => {
    await fleet.join(ids(4), { fleet: 'north' });
    fleet.behaviour = (id) => (id === 'dev_01' ? 'installs-slowly' : 'is-silent');
    const id = await world.rollout({ ...allAtOnce, limits: { max_in_flight: 3 } });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 3);
    await eventually(async () => ({ found: fleet.dispatched.length === 3 || undefined }));
    const installing = fleet.dispatched.some(({ device_id }) => device_id === 'dev_01');
    await world.act(id, 'abort');
    const { waves } = await world.until(id, (r) => r.state === 'aborted' && r.waves[0]?.in_flight === 0);
    expect(waves[0]).toMatchObject({ succeeded: installing ? 1 : 0, cancelled: installing ? 3 : 4, failed: 0 });
  });

  it('approves each wave, with role and reason in the event', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    const id = await world.rollout({ ...north, strategy: { type: 'rolling', batch_size: 1 }, approval: 'every_wave' });
    for (const wave of [0, 1]) {
      const waiting = await world.until(id, (r) => r.state === 'awaiting_approval' && fleet.dispatched.length === wave);
      expect(waiting.allowed_actions).toContain('approve');
      await world.act(id, 'approve', `wave ${wave}`);
      await world.until(id, (r) => r.waves[wave]?.state === 'completed');
    }
    await world.reaches(id, 'completed');
    const approvals = (await world.events(id)).filter(({ type }) => type === 'RolloutApproved');
    expect(approvals.map(({ data }) => data)).toMatchObject([
      { wave: 0, reason: 'wave 0', role: 'operator', requested_by: 'ops' },
      { wave: 1, reason: 'wave 1', role: 'operator', requested_by: 'ops' },
    ]);
  });

  it('has the failed try again', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    fleet.behaviour = () => 'fails';
    const id = await world.rollout(allAtOnce);
    expect(await world.reaches(id, 'completed')).toMatchObject({ failed: 2 });
    fleet.behaviour = () => 'installs';
    await world.act(id, 'retry');
    expect(await world.until(id, (r) => r.state === 'completed' && r.succeeded === 2)).toMatchObject({ failed: 0 });
  });

  it('says of each update who asked for it: for the rollout, for another try, for the way back', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.behaviour = () => 'fails';
    const id = await world.rollout(allAtOnce);
    await world.reaches(id, 'completed');
    fleet.behaviour = () => 'installs';
    await world.act(id, 'retry');
    await world.until(id, (r) => r.state === 'completed' && r.succeeded === 1);
    await world.act(id, 'rollback');
    await world.reaches(id, 'rolled_back');
    const events = await world.events(id);
    const [accepted, retried, triggered] = (['RolloutAccepted', 'RolloutRetried', 'RollbackTriggered'] as const).map(
      (wanted) => events.find(({ type }) => type === wanted),
    );
    const asked = (await world.log.read(updateStream({ org: 'acme', device_id: 'dev_01' }))).filter(
      ({ type }) => type === 'UpdateDispatched',
    );
    const requestOf = (event?: StoredEvent) => (event?.data as { request_id?: string } | undefined)?.request_id;
    expect(asked.map(requestOf)).toEqual([accepted, retried, triggered].map(requestOf));
    expect(new Set(asked.map(requestOf)).size).toBe(3);
    expect(asked.map(({ data }) => data)).toMatchObject(
      Array(3).fill({ accepted: { requested_by: 'ops', source: 'http:ops' } }),
    );
    expect(asked[1]?.causation_id).toBe(retried?.id);
  });

  it('brings one device back to its last known good version', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const id = await world.rollout(allAtOnce);
    await world.reaches(id, 'completed');
    const answer = await world.ask('POST', 'devices/dev_01/rollback', { reason: 'it hums' });
    expect(answer).toMatchObject({ status: 202, body: { status: 'dispatched' } });
    await eventually(async () => ({ found: fleet.versionOf('dev_01') === '1.0.0' || undefined }));
    const again = await eventually(async () => {
      const { status, body } = await world.ask('POST', 'devices/dev_01/rollback');
      return { found: body.code === 'update-in-progress' ? undefined : { status, code: body.code } };
    });
    expect(again).toEqual({ status: 409, code: 'no-good-version' });
  });

  it('is told what is not possible, and that there is no such rollout', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const id = await world.rollout(allAtOnce);
    await world.reaches(id, 'completed');
    expect(await world.act(id, 'pause')).toMatchObject({ status: 409, body: { code: 'action-not-allowed' } });
    expect(await world.act('rol_none', 'pause')).toMatchObject({ status: 404, body: { code: 'rollout-unknown' } });
    expect(await world.act(id, 'explode')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    const foreign = await world.ask('POST', `rollouts/${id}/abort`, {}, { org: 'globex' });
    expect(foreign).toMatchObject({ status: 404, body: { code: 'rollout-unknown' } });
  });
});

describe('membership', () => {
  it('takes in devices that join later, and none that is newer', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const id = await world.rollout({ ...allAtOnce, membership: 'continuous' });
    await world.reaches(id, 'completed');
    await fleet.join(['dev_02'], { fleet: 'north' });
    await fleet.join(['dev_03'], { fleet: 'north', version: '3.0.0' });
    expect(await world.until(id, (r) => r.state === 'completed' && r.eligible === 2)).toMatchObject({ succeeded: 2 });
    expect(fleet.versionOf('dev_03')).toBe('3.0.0');
  });
});

describe('a device that was left out', () => {
  it('is taken in once it is there, and is not counted as left out any more', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const target = { devices: ['dev_01', 'dev_02', 'dev_03'] };
    const id = await world.rollout({ ...allAtOnce, target, membership: 'continuous' });
    expect(await world.reaches(id, 'completed')).toMatchObject({ eligible: 1, excluded: { 'device-unknown': 2 } });
    await fleet.join(['dev_02']);
    await fleet.join(['dev_03'], { model: 'm2' });
    const { excluded } = await world.until(id, (r) => r.succeeded === 2 && r.excluded['device-unknown'] === undefined);
    expect(excluded).toEqual({ 'model-mismatch': 1 });
    const planned = (await world.events(id)).filter(({ type }) => type === 'RolloutDevicesPlanned');
    expect(planned.length).toBeLessThanOrEqual(3);
  });
});

describe('a device', () => {
  it('that is offline waits, is told when it comes, and fails when it does not in time', async () => {
    await fleet.join(['dev_01', 'dev_02'], { fleet: 'north', online: false });
    const id = await world.rollout({ ...allAtOnce, deadlines: { waiting_s: 2 } });
    await world.until(id, (r) => r.waves[0]?.state === 'running');
    await fleet.connect('dev_01');
    const { waves } = await world.reaches(id, 'completed');
    expect(waves[0]).toMatchObject({ succeeded: 1, failed: 1 });
    expect(await world.members(id, { status: 'failed' })).toMatchObject([
      { device_id: 'dev_02', code: 'deadline-exceeded' },
    ]);
  });

  it('that fails tries again, with a growing pause', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.behaviour = () => (fleet.dispatched.length < 3 ? 'fails' : 'installs');
    const id = await world.rollout({ ...allAtOnce, retry: { attempts: 2, backoff_s: 1 } });
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 1, failed: 0 });
    const [first, second, third] = fleet.dispatched.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('whose phase lasts too long has failed', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    fleet.behaviour = () => 'is-silent';
    const id = await world.rollout({ ...allAtOnce, deadlines: { downloading_s: 1 } });
    await world.reaches(id, 'completed');
    expect(await world.members(id)).toMatchObject([{ status: 'failed', code: 'deadline-exceeded' }]);
  });

  it('that two rollouts want has the more urgent one first', async () => {
    await world.firmware('3.0.0');
    await fleet.join(['dev_01'], { fleet: 'north', online: false });
    await world.rollout({ ...allAtOnce, version: '3.0.0', priority: 10 });
    // The later one has it last: it is the less urgent one, and takes nothing away.
    const later = await world.rollout(allAtOnce);
    await world.until(later, (r) => r.waves[0]?.state === 'running');
    await fleet.connect('dev_01');
    await eventually(async () => ({ found: fleet.dispatched.length === 2 || undefined }));
    expect(fleet.dispatched.map(({ version }) => version)).toEqual(['3.0.0', '2.0.0']);
  });
});

describe('limits', () => {
  it('keep to a number in flight and a number a minute', async () => {
    await fleet.join(ids(8), { fleet: 'north' });
    const id = await world.rollout({ ...allAtOnce, limits: { max_in_flight: 2, max_per_minute: 4 } });
    const full = await world.until(id, (r) => r.succeeded === 4);
    expect(full.waiting_for).toMatchObject([
      { reason: 'rate_limit', max_per_minute: 4, told_last_minute: 4, waiting: 4 },
    ]);
    expect(await fleet.mostInFlight()).toBeLessThanOrEqual(2);
    expect(fleet.dispatched).toHaveLength(4);
  });

  it('count what is in flight and who is ready as of one moment', async () => {
    fleet.behaviour = () => 'is-silent';
    await fleet.join(ids(4), { fleet: 'north' });
    const id = await world.rollout({ ...allAtOnce, limits: { max_in_flight: 2 } });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    // As a leader has read it before the batch of another one was folded.
    const row = await world.row(id);
    const before = JSON.parse(JSON.stringify(row).replace('"in_flight":2', '"in_flight":0')) as typeof row;
    expect(before).not.toEqual(row);
    const { parts, fold } = world.service.app.get(OrchestratorCore);
    const { log, database, config, machine } = parts;
    const processor = new RolloutDevicesProcessor(database, new UpdateAppender(log), config, fold, machine.clock);
    const told = await processor.round(before, new Date(), { folded: row.position, moreUrgent: [] });
    expect(told).toBeUndefined();
    expect(await fleet.mostInFlight()).toBe(2);
  });

  it('keep to the windows of the rollout and of the fleet', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    const minute = (new Date().getUTCMinutes() + 30) % 60;
    const later = { cron: `${minute} * * * *`, duration_s: 60, time_zone: 'UTC' };
    const id = await world.rollout({ ...allAtOnce, window: later });
    const closed = await world.until(id, (r) => r.waves[0]?.state === 'running');
    expect(closed.waiting_for).toMatchObject([{ reason: 'window', opens_at: expect.any(String) as string }]);
    await world.act(id, 'abort');
    await world.ask('PUT', 'fleets/north/window', later);
    const second = await world.rollout(allAtOnce);
    await world.until(second, (r) => r.waves[0]?.state === 'running');
    expect(fleet.dispatched).toEqual([]);
    await world.ask('DELETE', 'fleets/north/window');
    await world.reaches(second, 'completed');
  });
});

describe('requests by NATS', () => {
  const request = (request_id: string) => ({ org: 'acme', entity: 'request', entity_id: request_id }) as const;

  it('are decided like those by HTTP', async () => {
    await fleet.join(['dev_01'], { fleet: 'north' });
    await world.happen(request('req_1'), { type: 'RolloutRequested', data: allAtOnce as never });
    const accepted = await eventually(async () => {
      const [row] = await Array.fromAsync(world.log.scan(['ota.acme.rollout.*.RolloutAccepted']));
      return { found: row };
    });
    await world.reaches(accepted.entity_id, 'completed');
    await world.happen(request('req_2'), {
      type: 'RollbackRequested',
      data: { rollout_id: accepted.entity_id, reason: 'by event' },
    });
    await world.reaches(accepted.entity_id, 'rolled_back');
    expect(fleet.versionOf('dev_01')).toBe('1.0.0');
  });

  it('are refused by events with codes', async () => {
    const wrong = { ...allAtOnce, strategy: { type: 'canary', percent: 5, waves: [{ count: 1 }] } };
    await world.happen(request('req_0'), { type: 'RolloutRequested', data: wrong as never });
    await world.happen(request('req_1'), {
      type: 'RolloutRequested',
      data: { ...allAtOnce, version: '8.0.0' } as never,
    });
    await world.happen(request('req_2'), { type: 'RolloutPauseRequested', data: { rollout_id: 'rol_none' } });
    const codes = await eventually(async () => {
      const events = await Array.fromAsync(world.log.scan(['ota.acme.rollout.*.*']));
      return {
        found:
          events.length === 3 ? events.map(({ type, data }) => [type, (data as { code: string }).code]) : undefined,
      };
    });
    expect(codes).toEqual([
      ['RolloutRejected', 'invalid-request'],
      ['RolloutRejected', 'firmware-unknown'],
      ['RolloutActionRefused', 'rollout-unknown'],
    ]);
  });
});

describe('faults', () => {
  it('two orchestrators, of which one goes in mid-rollout, tell every device once', async () => {
    await fleet.join(ids(20), { fleet: 'north' });
    const second = await world.start();
    const id = await world.rollout({ ...allAtOnce, limits: { max_in_flight: 3 } });
    await world.until(id, (r) => r.succeeded >= 5);
    await world.service.stop();
    world.service = second;
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 20, failed: 0 });
    expect(new Set(fleet.dispatched.map(({ device_id }) => device_id)).size).toBe(20);
    expect(fleet.dispatched).toHaveLength(20);
    expect(await fleet.mostInFlight()).toBeLessThanOrEqual(3);
  });

  it('a device whose image was revoked is reported by the rollback', async () => {
    await fleet.join(ids(2), { fleet: 'north' });
    const id = await world.rollout(allAtOnce);
    await world.reaches(id, 'completed');
    await world.revoke('1.0.0');
    await eventually(async () => {
      const { body } = await world.ask('POST', 'rollouts?dry_run=true', { ...allAtOnce, version: '1.0.0' });
      return { found: body.code };
    });
    await world.act(id, 'rollback');
    await world.reaches(id, 'rollback_incomplete');
    expect(await world.members(id, { stage: 'rollback' })).toMatchObject([
      { status: 'failed', code: 'firmware-revoked' },
      { status: 'failed', code: 'firmware-revoked' },
    ]);
    expect(streamOf('dev_01')).toMatchObject({ entity: 'device' });
  });
});
