import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CloudFrame } from '@edgeflow/contracts';
import { ids, Rollouts, type Member, type Page } from './rollouts.harness.js';
import { decisionsOf, SecondOrchestrator } from './second-orchestrator.js';
import type { FleetDevice, TunnelFleet } from './tunnel-fleet.js';

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

async function until<T>(look: () => T | Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  return rollouts.standalone.eventually(
    async () => ({ status: 0, body: await look() }),
    ({ body }) => wanted(body),
  );
}

async function online(name: string, devices: number, versions?: string[]): Promise<[TunnelFleet, object]> {
  const fleet = await rollouts.fleet(name, versions);
  await fleet.join(ids(devices, name));
  return [fleet, { ...to2, target: { fleet: name } }];
}

/** The names of a device's events of one kind. */
async function eventsOf(device: FleetDevice, type: string): Promise<{ data: Record<string, unknown> }[]> {
  const path = `devices/${device.id}/events?limit=500&type=${type}`;
  return (await rollouts.query<Page<{ data: Record<string, unknown> }>>(path)).body.items;
}

/** Waits until a device is known to be in a phase of its update. */
function inPhase(id: string, device: FleetDevice, phase: string): Promise<unknown> {
  return until(
    async () => (await rollouts.members(id, 'status=in_flight')) as (Member & { phase: string | null })[],
    (members) => members.some((member) => member.device_id === device.id && member.phase === phase),
  );
}

function framesOf(fleet: TunnelFleet, device: FleetDevice, type: CloudFrame['type']): CloudFrame[] {
  return fleet.heard.flatMap(({ device_id, frame }) => (device_id === device.id && frame.type === type ? [frame] : []));
}

describe('two orchestrators', () => {
  it('of which the active one is killed in mid-rollout, twice over: nothing is lost, nothing doubled', async () => {
    const [fleet, body] = await online('two', 40);
    const first = rollouts.standalone.endpoints.processes.find(({ name }) => name === 'rollout-orchestrator')!;
    const second = await SecondOrchestrator.beside(rollouts.standalone);
    try {
      const id = await rollouts.start({ ...body, limits: { max_in_flight: 4 }, failure: { count: 1 } }, 40);
      await until(
        () => fleet.told.length,
        (told) => told >= 10,
      );
      expect(await decisionsOf(first.url)).toBeGreaterThan(0);
      expect(await decisionsOf(second.url)).toBe(0);
      await rollouts.standalone.kill('rollout-orchestrator');
      await until(
        () => fleet.told.length,
        (told) => told >= 25,
      );
      // The lease of the killed one has run out meanwhile: the standby may have it, or the one that was started in its place.
      if ((await decisionsOf(second.url)) > 0) await second.kill();
      else await rollouts.standalone.kill('rollout-orchestrator');
      const resource = await rollouts.reaches(id, 'completed');
      expect(resource).toMatchObject({ succeeded: 40, failed: 0, percent: 100 });
      expect(fleet.told).toHaveLength(40);
      expect(new Set(fleet.told.map(({ device_id }) => device_id)).size).toBe(40);
      expect(fleet.told.map(({ frame }) => frame.number)).toEqual(fleet.told.map(() => 1));
      expect(fleet.mostInFlight).toBeLessThanOrEqual(4);
      expect(await rollouts.story(id)).toEqual([
        ...['RolloutAccepted', 'RolloutStarted', 'WaveStarted', 'WaveCompleted', 'RolloutCompleted'],
      ]);
      for (const type of ['UpdateDispatched', 'UpdateCompleted']) {
        const counts = await Promise.all(
          [...fleet.devices.values()].map(async (device) => (await eventsOf(device, type)).length),
        );
        expect(counts).toEqual(counts.map(() => 1));
      }
    } finally {
      await second.kill();
    }
  });
});

describe('a device', () => {
  it('that says everything twice is counted once', async () => {
    const [fleet, body] = await online('twice', 1);
    const device = fleet.device('twice_01');
    fleet.script = () => 'silent';
    const id = await rollouts.start(body, 1);
    const [offer] = await until(
      () => device.offers,
      (offers) => offers.length === 1,
    );
    const { update_id } = offer!;
    const failed = { type: 'failed', update_id, code: 'download-failed', message: 'no' } as const;
    for (let n = 0; n < 2; n++) device.say({ type: 'progress', update_id, phase: 'downloading', progress: 10 });
    for (let n = 0; n < 3; n++) device.say(failed);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ failed: 1, succeeded: 0 });
    for (let n = 0; n < 2; n++) device.say(failed);
    device.say({ type: 'progress', update_id, phase: 'installing', progress: 90 });
    // A later word of the device is in the log: so is all that it said before.
    await device.reboot('1.0.0');
    await until(
      () => eventsOf(device, 'DeviceConnected'),
      (connected) => connected.length === 2,
    );
    expect(await eventsOf(device, 'DeviceUpdateReported')).toHaveLength(1);
    expect(await eventsOf(device, 'UpdateFailed')).toHaveLength(1);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ failed: 1, succeeded: 0 });
  });

  it('that reports on an older update is told so, and the open one goes on', async () => {
    const [fleet, body] = await online('late', 1);
    const device = fleet.device('late_01');
    fleet.script = () => (device.updates.length === 1 ? { fails: 'download-failed' } : { holds: 'downloading' });
    const id = await rollouts.start({ ...body, retry: { attempts: 1, backoff_s: 0 } }, 1);
    const offers = await until(
      () => device.offers,
      (all) => all.length === 2,
    );
    const old = offers[0]!.update_id;
    expect(offers[1]!.update_id).not.toBe(old);
    await inPhase(id, device, 'downloading');
    device.say({ type: 'progress', update_id: old, phase: 'rebooting', progress: 100 });
    device.say({ type: 'failed', update_id: old, code: 'install-failed', message: 'late' });
    device.say({ type: 'url', update_id: old });
    await until(
      () => framesOf(fleet, device, 'error'),
      (errors) => errors.length === 3,
    );
    expect(framesOf(fleet, device, 'error')).toMatchObject([1, 2, 3].map(() => ({ code: 'update-unknown' })));
    expect(fleet.cancelled).toEqual(['late_01', 'late_01']);
    expect(framesOf(fleet, device, 'cancel')).toMatchObject([{ update_id: old }, { update_id: old }]);
    fleet.release();
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 1, failed: 0 });
    expect(await rollouts.members(id)).toMatchObject([{ attempt: 2, status: 'succeeded' }]);
  });

  it('whose tunnel drops in mid-download is told again of the same update, and really downloads it', async () => {
    const [fleet, body] = await online('drops', 1);
    const device = fleet.device('drops_01');
    fleet.script = () => ({ holds: 'downloading' });
    const id = await rollouts.start(body, 1);
    await until(
      () => device.offers,
      (offers) => offers.length === 1,
    );
    await inPhase(id, device, 'downloading');
    device.cut();
    await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    await device.connect();
    const offers = await until(
      () => device.offers,
      (all) => all.length === 2,
    );
    expect(offers[1]).toMatchObject({ update_id: offers[0]!.update_id, number: 1 });
    expect(await device.download(offers[1]!)).toBe(true);
    fleet.release();
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 1 });
    expect(await eventsOf(device, 'UpdateDispatched')).toHaveLength(1);
  });

  it('that installs while its tunnel is down has succeeded when it comes up', async () => {
    const [fleet, body] = await online('dark', 1);
    const device = fleet.device('dark_01');
    fleet.script = () => ({ holds: 'installing' });
    const id = await rollouts.start(body, 1);
    await until(
      () => device.working?.phase,
      (phase) => phase === 'installing',
    );
    await inPhase(id, device, 'installing');
    device.cut();
    fleet.release();
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 1 });
    expect(device.offers).toHaveLength(1);
  });

  it('that says `failed` after its success has succeeded', async () => {
    const [fleet, body] = await online('after', 1);
    const device = fleet.device('after_01');
    const id = await rollouts.start(body, 1);
    await rollouts.reaches(id, 'completed');
    device.say({ type: 'failed', update_id: device.offers[0]!.update_id, code: 'install-failed', message: 'oh' });
    await until(
      () => framesOf(fleet, device, 'error'),
      (errors) => errors.length === 1,
    );
    expect(await eventsOf(device, 'DeviceUpdateReported')).toEqual([]);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 1, failed: 0 });
  });

  it('that comes up on the version after its time was over stays failed, and goes back with the others', async () => {
    const [fleet, body] = await online('slow', 2);
    const device = fleet.device('slow_01');
    fleet.script = ({ id }, { version }) =>
      id === 'slow_01' && version === '2.0.0' ? { holds: 'installing' } : 'installs';
    const id = await rollouts.start({ ...body, deadlines: { installing_s: 1 } }, 2);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 1, failed: 1 });
    fleet.release();
    await until(
      async () => (await rollouts.query<{ current_version: string }>('devices/slow_01')).body.current_version,
      (version) => version === '2.0.0',
    );
    expect(await rollouts.members(id, 'status=failed')).toMatchObject([
      { device_id: 'slow_01', code: 'deadline-exceeded' },
    ]);
    await rollouts.do(id, 'rollback');
    await rollouts.reaches(id, 'rolled_back');
    expect(fleet.versions).toEqual({ slow_01: '1.0.0', slow_02: '1.0.0' });
    expect(device.updates).toHaveLength(2);
  });

  it('that is revoked in mid-rollout is cancelled when in flight, skipped when not told yet, and hung up on', async () => {
    const [fleet, body] = await online('revoked', 3);
    fleet.script = () => ({ holds: 'downloading' });
    const id = await rollouts.start({ ...body, limits: { max_in_flight: 1 } }, 3);
    await until(
      () => fleet.inFlight,
      (devices) => devices.length === 1,
    );
    const [working] = fleet.inFlight;
    const [waiting] = [...fleet.devices.values()].filter((device) => device !== working);
    await inPhase(id, working!, 'downloading');
    fleet.script = () => 'installs';
    for (const device of [waiting!, working!]) {
      const path = `/gateway/v1/devices/${device.id}/revoke`;
      const answer = await rollouts.standalone.ask<object>('acme', 'admin', 'POST', path, { reason: 'stolen' });
      expect(answer).toMatchObject({ status: 202 });
      expect(await device.tunnel!.closed).toMatchObject({ code: 4403 });
    }
    const resource = await rollouts.reaches(id, 'completed');
    expect(resource.waves[0]).toMatchObject({ succeeded: 1, cancelled: 1, skipped: 1, failed: 0, percent: 100 });
    const ends = (await rollouts.members(id)).map(({ device_id, status, code }) => [device_id, status, code]);
    expect(ends).toContainEqual([working!.id, 'cancelled', 'device-revoked']);
    expect(ends).toContainEqual([waiting!.id, 'skipped', 'device-revoked']);
    await expect(working!.connect()).rejects.toMatchObject({ status: 403 });
  });
});

describe('firmware that is revoked in mid-rollout', () => {
  it('is told to nobody further, and the gate sees why', async () => {
    const fleet = await rollouts.fleet('pulled', ['1.0.0']);
    const firmware = await rollouts.upload('pulled', '2.0.0');
    await fleet.join(ids(4, 'pulled'));
    fleet.script = () => ({ holds: 'downloading' });
    const body = { ...to2, target: { fleet: 'pulled' } };
    const id = await rollouts.start({ ...body, limits: { max_in_flight: 1 }, failure: { count: 2 } }, 4);
    await until(
      () => fleet.told.length,
      (told) => told === 1,
    );
    await rollouts.standalone.ask('acme', 'admin', 'POST', `/registry/v1/firmware/${firmware}/revoke`, {});
    await until(
      async () => (await rollouts.plan(body)).body,
      (plan) => Boolean(plan.code) || Boolean(plan.excluded['firmware-revoked']),
    );
    fleet.script = () => 'installs';
    fleet.release();
    const paused = await rollouts.reaches(id, 'paused');
    expect(fleet.told).toHaveLength(1);
    const revoked = { reason: 'firmware_revoked', models: ['pulled'] };
    expect(paused.waiting_for).toMatchObject([{ reason: 'gate', gate: { gate: 'failure' } }, revoked]);
    expect((await rollouts.failures(id)).map(({ code }) => code)).toEqual(['firmware-revoked']);
    expect((await rollouts.plan(body)).body).toMatchObject({ eligible: 0, excluded: { 'firmware-revoked': 4 } });
  });
});
