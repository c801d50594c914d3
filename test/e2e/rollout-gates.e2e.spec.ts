import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts } from './rollouts.harness.js';
import type { Behaviour, Script, TunnelFleet } from './tunnel-fleet.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const FAILS: Behaviour = { fails: 'install-failed' };

/** The first `n` devices that are told of an update to 2.0.0 fail. */
function firstFail(n: number, how: Behaviour = FAILS): Script {
  const failed = new Set<string>();
  return ({ id }, { version }) => {
    if (version !== '2.0.0') return 'installs';
    if (failed.size < n) failed.add(id);
    return failed.has(id) ? how : 'installs';
  };
}

/** A fleet of so many devices that meet an update as scripted, and a rollout over it. */
async function under(name: string, devices: number, script: Script, spec: object): Promise<[TunnelFleet, string]> {
  const fleet = await rollouts.fleet(name);
  await fleet.join(ids(devices, name));
  fleet.script = script;
  const body = { version: '2.0.0', target: { fleet: name }, strategy: { type: 'all_at_once' }, ...spec };
  return [fleet, await rollouts.start(body, devices)];
}

describe('the failure gate', () => {
  it('pauses on a percentage, from a minimum of finished devices on, and says its numbers', async () => {
    const [fleet, id] = await under('g_percent', 6, firstFail(2), {
      limits: { max_in_flight: 1 },
      failure: { percent: 50, min_finished: 4 },
    });
    const paused = await rollouts.reaches(id, 'paused');
    expect(paused).toMatchObject({ succeeded: 2, failed: 2, percent: 66 });
    expect(paused.waiting_for).toMatchObject([{ reason: 'gate', gate: { gate: 'failure' } }]);
    expect(paused.allowed_actions).toEqual(['resume', 'abort', 'retry', 'rollback', 'skip', 'amend']);
    expect(fleet.told).toHaveLength(4);
    const [event] = await rollouts.events(id, 'RolloutPaused');
    expect(event?.data).toMatchObject({
      cause: 'gate',
      gate: {
        ...{ gate: 'failure', passed: false, per: 'wave', wave: 0, finished: 4, succeeded: 2, failed: 2 },
        ...{ percent: 50, threshold_percent: 50, min_finished: 4, action: 'pause' },
      },
    });
    await rollouts.do(id, 'resume', 'the two are known to be broken');
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 4, failed: 2, percent: 100 });
    const [resumed] = await rollouts.events(id, 'RolloutResumed');
    expect(resumed?.data).toMatchObject({
      ...{ cause: 'operator', role: 'operator', reason: 'the two are known to be broken' },
      gate: { gate: 'failure', failed: 2 },
    });
  });

  it('aborts on a number of failures in a wave, and counts each wave anew', async () => {
    const isOdd = new Set<string>();
    // One device of each of the first two waves, both devices of the third.
    const [fleet, id] = await under(
      'g_count',
      8,
      ({ id: device }) => {
        isOdd.add(device);
        return [1, 3, 5, 6].includes(isOdd.size) ? FAILS : 'installs';
      },
      { strategy: { type: 'rolling', batch_size: 2 }, failure: { count: 2, action: 'abort', per: 'wave' } },
    );
    const aborted = await rollouts.reaches(id, 'aborted');
    expect(aborted.waves.map(({ failed, cancelled }) => [failed, cancelled])).toEqual([
      [1, 0],
      [1, 0],
      [2, 0],
      [0, 2],
    ]);
    expect(fleet.told).toHaveLength(6);
    const [event] = await rollouts.events(id, 'RolloutAborted');
    expect(event?.data).toMatchObject({
      cause: 'gate',
      gate: { gate: 'failure', per: 'wave', wave: 2, finished: 2, failed: 2, threshold_count: 2, action: 'abort' },
    });
  });

  it('counts over the whole rollout when it is to', async () => {
    const told = new Set<string>();
    const [, id] = await under(
      'g_rollout',
      6,
      ({ id: device }) => {
        told.add(device);
        return told.size % 2 === 1 ? FAILS : 'installs';
      },
      {
        strategy: { type: 'rolling', batch_size: 2 },
        failure: { count: 2, action: 'abort', per: 'rollout' },
      },
    );
    const aborted = await rollouts.reaches(id, 'aborted');
    expect(aborted).toMatchObject({ failed: 2 });
    expect(aborted.waves[2]).toMatchObject({ cancelled: 2 });
    const [event] = await rollouts.events(id, 'RolloutAborted');
    expect(event?.data).toMatchObject({ gate: { per: 'rollout', failed: 2, threshold_count: 2 } });
  });

  it('lets a rollout complete whose failures stay below it', async () => {
    const [, id] = await under('g_below', 5, firstFail(1), { failure: { percent: 21, min_finished: 5 } });
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 4, failed: 1 });
    const story = await rollouts.story(id);
    expect(story).not.toContain('RolloutPaused');
  });
});

describe('the success gate of a wave', () => {
  const canary = { type: 'canary', count: 2, success_percent: 100, then: { type: 'all_at_once' } };

  it('lets the next wave start on enough successes, with its numbers in an event', async () => {
    const [, id] = await under('s_passed', 4, () => 'installs', { strategy: canary });
    await rollouts.reaches(id, 'completed');
    const [first] = await rollouts.events(id, 'WaveCompleted');
    expect(first?.data).toMatchObject({
      wave: 0,
      gate: {
        gate: 'success',
        passed: true,
        finished: 2,
        succeeded: 2,
        failed: 0,
        percent: 100,
        threshold_percent: 100,
      },
    });
  });

  it('holds the next wave when the canary came back old; nobody else is told', async () => {
    const [fleet, id] = await under('s_held', 4, firstFail(1, 'comes-back-old'), { strategy: canary });
    const held = await rollouts.reaches(id, 'paused');
    expect(held.waiting_for).toMatchObject([
      { reason: 'gate', gate: { gate: 'success', passed: false, finished: 2, succeeded: 1, failed: 1, percent: 50 } },
    ]);
    expect(held.waves[1]).toMatchObject({ state: 'pending', queued: 2 });
    expect(fleet.told).toHaveLength(2);
    const codes = (await rollouts.failures(id)).map(({ code, devices }) => [code, devices]);
    expect(codes).toEqual([['came-back-on-old-version', 1]]);
    fleet.script = () => 'installs';
    await rollouts.do(id, 'retry');
    await rollouts.do(id, 'resume');
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 4, failed: 0 });
  });

  it('holds the next wave when the canary was taken out: nothing is proven, and somebody decides', async () => {
    const [fleet, id] = await under('s_none', 4, () => ({ holds: 'downloading' }), { strategy: canary });
    await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    for (const { device_id } of await rollouts.members(id, 'wave=0')) {
      await rollouts.standalone.ask('acme', 'admin', 'POST', `/gateway/v1/devices/${device_id}/revoke`, {});
    }
    const held = await rollouts.reaches(id, 'paused');
    const gate = { code: 'no-evidence', passed: false, eligible: 2, cancelled: 2, skipped: 0, finished: 0 };
    expect(held.waiting_for).toMatchObject([{ reason: 'gate', code: 'no-evidence', gate }]);
    expect(held.waves).toMatchObject([
      { state: 'completed', gate },
      { state: 'pending', queued: 2 },
    ]);
    const { body: why } = await rollouts.query<{ items: { text: string }[] }>(`rollouts/${id}/why`);
    expect(JSON.stringify(why)).toContain('none of 2 in wave 0 has finished (2 were cancelled), which proves nothing');
    fleet.script = () => 'installs';
    await rollouts.do(id, 'resume', 'the image is known from the lab');
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 2, failed: 0 });
  });

  it('aborts when it is to', async () => {
    const [fleet, id] = await under('s_abort', 4, firstFail(2), {
      strategy: canary,
      failure: { count: 100, action: 'abort' },
    });
    const aborted = await rollouts.reaches(id, 'aborted');
    expect(aborted.waves.map(({ failed, cancelled }) => [failed, cancelled])).toEqual([
      [2, 0],
      [0, 2],
    ]);
    expect(fleet.told).toHaveLength(2);
  });
});

describe('a rollback', () => {
  /** Half of the devices ran 1.1.0 after 1.0.0, the others only 1.0.0. */
  async function mixed(name: string, script: Script, spec: object, devices = 6): Promise<[TunnelFleet, string]> {
    const fleet = await rollouts.fleet(name, ['1.0.0', '1.1.0', '2.0.0']);
    const joined = await fleet.join(ids(devices, name));
    await Promise.all(joined.slice(0, devices / 2).map((device) => device.reboot('1.1.0')));
    fleet.script = script;
    const target = { filter: { fleet: name } };
    const body = { version: '2.0.0', target, strategy: { type: 'all_at_once' }, ...spec };
    const newer = { ...body, target: { filter: { fleet: name, version: '1.1.0' } } };
    await rollouts.planOf(newer, ({ eligible }) => eligible === devices / 2);
    return [fleet, await rollouts.start(body, devices)];
  }

  function own(name: string, devices = 6): Record<string, string> {
    return Object.fromEntries(ids(devices, name).map((id, n) => [id, n < devices / 2 ? '1.1.0' : '1.0.0']));
  }

  it('by a gate brings each device that moved back to its own last good version', async () => {
    const strategy = { type: 'rolling', batch_size: 4 };
    const failure = { count: 2, action: 'rollback' };
    const [fleet, id] = await mixed('b_gate', firstFail(2, 'comes-back-old'), { strategy, failure });
    const back = await rollouts.reaches(id, 'rolled_back');
    expect(fleet.versions).toEqual(own('b_gate'));
    expect(back.rollback).toMatchObject({ cause: 'gate', gate: { gate: 'failure', failed: 2 }, unavailable: {} });
    const ways = await rollouts.members(id, 'stage=rollback');
    const moved = (await rollouts.members(id, 'stage=forward&status=succeeded')).map(({ device_id }) => device_id);
    expect(ways.map(({ device_id }) => device_id).toSorted()).toEqual(moved.toSorted());
    for (const way of ways) {
      expect(way).toMatchObject({ status: 'succeeded', version: own('b_gate')[way.device_id], from_version: '2.0.0' });
    }
    const [triggered] = await rollouts.events(id, 'RollbackTriggered');
    expect(triggered?.data).toMatchObject({
      cause: 'gate',
      gate: { gate: 'failure', threshold_count: 2, failed: 2, action: 'rollback' },
    });
    expect((await rollouts.story(id)).at(-1)).toBe('RollbackCompleted');
  });

  it('by an operator, of a completed rollout, device by device, and a device that never moved is not touched', async () => {
    const [fleet, id] = await mixed('b_ops', firstFail(1), { strategy: { type: 'rolling', batch_size: 3 } });
    await rollouts.reaches(id, 'completed');
    const stayed = fleet.told.length;
    await rollouts.do(id, 'rollback', 'it hums');
    const back = await rollouts.reaches(id, 'rolled_back');
    expect(back.rollback).toMatchObject({ cause: 'operator', reason: 'it hums', gate: null });
    expect(back.rollback!.waves.map(({ eligible, succeeded }) => [eligible, succeeded])).toEqual([
      [3, 3],
      [2, 2],
    ]);
    expect(fleet.told).toHaveLength(stayed + 5);
    expect(fleet.versions).toEqual(own('b_ops'));
    const [triggered] = await rollouts.events(id, 'RollbackTriggered');
    expect(triggered?.data).toMatchObject({ cause: 'operator', role: 'operator', reason: 'it hums' });
    expect(back.allowed_actions).toEqual([]);
    expect(await rollouts.act(id, 'rollback')).toMatchObject({ status: 409, body: { code: 'action-not-allowed' } });
  });

  it('takes back who downloads, waits for who installs, and brings that one back', async () => {
    const script: Script = ({ id }, { version }) =>
      version !== '2.0.0'
        ? 'installs'
        : id === 'b_mid_01'
          ? { holds: 'installing' }
          : id === 'b_mid_02'
            ? { holds: 'downloading' }
            : 'installs';
    const [fleet, id] = await mixed('b_mid', script, {}, 4);
    await rollouts.until(id, ({ succeeded }) => succeeded === 2);
    await rollouts.standalone.eventually(
      async () => ({ status: 0, body: await rollouts.members(id, 'status=in_flight') }),
      ({ body }) => body.some((member) => (member as { phase?: string }).phase === 'installing'),
    );
    await rollouts.do(id, 'rollback');
    await rollouts.until(id, ({ waves }) => waves[0]?.cancelled === 1 && waves[0]?.in_flight === 1);
    expect(fleet.cancelled).toEqual(['b_mid_02']);
    fleet.release();
    const back = await rollouts.reaches(id, 'rolled_back');
    expect(back.waves[0]).toMatchObject({ succeeded: 3, cancelled: 1, failed: 0 });
    expect(fleet.versions).toEqual(own('b_mid', 4));
    expect(fleet.device('b_mid_02').offers).toHaveLength(1);
  });

  it('of nothing that moved is over at once, and one that a device fails on says who', async () => {
    const [fleet, id] = await under('b_none', 2, firstFail(2), {});
    await rollouts.reaches(id, 'completed');
    await rollouts.do(id, 'rollback');
    expect(await rollouts.reaches(id, 'rolled_back')).toMatchObject({ rollback: { waves: [], unavailable: {} } });
    expect(fleet.told).toHaveLength(2);
    fleet.script = ({ id: device }, { version }) =>
      version === '1.0.0' && device === 'b_none_01' ? FAILS : 'installs';
    const again = await rollouts.start(
      { version: '2.0.0', target: { fleet: 'b_none' }, strategy: { type: 'all_at_once' } },
      2,
    );
    await rollouts.reaches(again, 'completed');
    await rollouts.do(again, 'rollback');
    const back = await rollouts.reaches(again, 'rollback_incomplete');
    expect(back.rollback!.waves).toMatchObject([{ eligible: 2, succeeded: 1, failed: 1 }]);
    expect(fleet.versions).toEqual({ b_none_01: '2.0.0', b_none_02: '1.0.0' });
    const failures = await rollouts.failures(again);
    expect(failures).toMatchObject([{ code: 'install-failed', stage: 'rollback', example_device_ids: ['b_none_01'] }]);
  });

  it('reports a device whose earlier image was revoked, and one that has no earlier version', async () => {
    const fleet = await rollouts.fleet('b_gone', ['2.0.0']);
    const good = await rollouts.upload('b_gone', '1.1.0');
    await fleet.join(['b_gone_01'], { version: '1.1.0' });
    await fleet.join(['b_gone_02'], { version: '2.0.0' });
    const body = { version: '2.0.0', target: { fleet: 'b_gone' }, strategy: { type: 'all_at_once' }, force: true };
    const id = await rollouts.start(body, 2);
    await rollouts.reaches(id, 'completed');
    await rollouts.standalone.ask('acme', 'admin', 'POST', `/registry/v1/firmware/${good}/revoke`, {});
    const again = { ...body, version: '1.1.0' };
    await rollouts.standalone.eventually(
      () => rollouts.plan(again),
      ({ body: plan }) => plan.code === 'firmware-revoked' || plan.excluded?.['firmware-revoked'] === 2,
    );
    await rollouts.do(id, 'rollback');
    await rollouts.reaches(id, 'rollback_incomplete');
    const failures = (await rollouts.failures(id)).filter(({ stage }) => stage === 'rollback');
    expect(failures.map(({ code, example_device_ids }) => [code, example_device_ids])).toEqual([
      ['firmware-revoked', ['b_gone_01']],
    ]);
    expect(fleet.versions).toEqual({ b_gone_01: '2.0.0', b_gone_02: '2.0.0' });
  });

  it('of one device goes to its last good version, and no further than the log knows', async () => {
    const fleet = await rollouts.fleet('b_one', ['1.0.0', '1.1.0', '2.0.0']);
    const [device] = await fleet.join(['b_one_01']);
    await device!.reboot('1.1.0');
    const target = { filter: { fleet: 'b_one', version: '1.1.0' } };
    const id = await rollouts.start({ version: '2.0.0', target, strategy: { type: 'all_at_once' } }, 1);
    await rollouts.reaches(id, 'completed');
    for (const version of ['1.1.0', '1.0.0']) {
      await rollouts.standalone.eventually(
        () => rollouts.post('devices/b_one_01/rollback', { reason: 'it hums' }),
        ({ status }) => status === 202,
      );
      await rollouts.standalone.eventually(
        () => rollouts.query<{ current_version: string; ota_status: string }>('devices/b_one_01'),
        ({ body }) => body.current_version === version && body.ota_status === 'completed',
      );
    }
    const none = await rollouts.standalone.eventually(
      () => rollouts.post('devices/b_one_01/rollback', {}),
      ({ body }) => body.code !== 'update-in-progress',
    );
    expect(none).toMatchObject({ code: 'no-good-version' });
    expect(fleet.told.map(({ frame }) => frame.version)).toEqual(['2.0.0', '1.1.0', '1.0.0']);
    expect(await rollouts.post('devices/nobody/rollback', {})).toMatchObject({
      status: 404,
      body: { code: 'device-unknown' },
    });
  });
});
