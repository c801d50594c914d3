import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts, type Page, type Resource } from './rollouts.harness.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const bodyOf = (fleet: string, spec: object = {}) => ({
  ...{ version: '2.0.0', target: { fleet }, strategy: { type: 'all_at_once' } },
  ...{ failure: { count: 99, action: 'rollback' }, ...spec },
});

describe('a fleet that left the factory with a version that is there for another model only', () => {
  it('is not rolled back for saying so: it is foretold, said with codes, and mended by a retry', async () => {
    await rollouts.upload('rt_other', '1.0.0');
    const fleet = await rollouts.fleet('rt_factory', ['2.0.0']);
    await fleet.join(ids(2, 'rt_factory'));
    const body = bodyOf('rt_factory');
    const no_way_back = { 'firmware-unknown': 2 };
    await rollouts.planOf(body, (plan) => plan.no_way_back?.['firmware-unknown'] === 2);
    const answer = await rollouts.post<{ rollout_id: string; no_way_back: object }>('rollouts', body);
    expect(answer).toMatchObject({ status: 202, body: { no_way_back } });
    const id = answer.body.rollout_id;
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ no_way_back });
    expect((await rollouts.events(id, 'RolloutAccepted'))[0]?.data).toMatchObject({ no_way_back });

    await rollouts.do(id, 'rollback', 'it hums');
    const back = await rollouts.reaches(id, 'rollback_incomplete');
    expect(back).toMatchObject({
      allowed_actions: ['retry'],
      rollback: { incomplete: 2, codes: no_way_back, waves: [{ failed: 2, skipped: 0 }] },
    });
    expect(await rollouts.failures(id)).toMatchObject([
      {
        code: 'firmware-unknown',
        devices: 2,
        stage: 'rollback',
        example_detail: expect.stringContaining('rt_other') as string,
      },
    ]);
    const { body: page } = await rollouts.query<Page<Resource>>('rollouts?state=rollback_incomplete');
    expect(page.items.map(({ rollout_id }) => rollout_id)).toContain(id);

    await rollouts.upload('rt_factory', '1.0.0');
    await rollouts.planOf(bodyOf('rt_factory', { version: '1.0.0' }), ({ eligible }) => eligible === 2);
    await rollouts.do(id, 'retry', 'it is uploaded now');
    expect(await rollouts.reaches(id, 'rolled_back')).toMatchObject({ rollback: { incomplete: 0, codes: {} } });
    expect(fleet.versions).toEqual({ rt_factory_01: '1.0.0', rt_factory_02: '1.0.0' });
    expect((await rollouts.story(id)).slice(-4)).toEqual([
      ...['RollbackCompleted', 'RolloutRetried', 'WaveCompleted', 'RollbackCompleted'],
    ]);
  });
});

describe('a rollback', () => {
  it('foretells nothing bad of a fleet whose version is there, and is whole without who was taken out', async () => {
    const fleet = await rollouts.fleet('rt_whole');
    await fleet.join(ids(2, 'rt_whole'));
    const id = await rollouts.start(bodyOf('rt_whole'), 2);
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ no_way_back: {} });
    await rollouts.standalone.ask('acme', 'admin', 'POST', '/gateway/v1/devices/rt_whole_01/revoke', {});
    await rollouts.planOf(bodyOf('rt_whole', { force: true }), ({ excluded }) => excluded['device-revoked'] === 1);
    await rollouts.do(id, 'rollback');
    expect(await rollouts.reaches(id, 'rolled_back')).toMatchObject({
      rollback: { incomplete: 0, waves: [{ succeeded: 1, skipped: 1 }] },
    });
    expect(fleet.versions).toEqual({ rt_whole_01: '2.0.0', rt_whole_02: '1.0.0' });
  });

  it('is not whole when somebody takes one update of it back, and is once that is tried again', async () => {
    const fleet = await rollouts.fleet('rt_taken');
    await fleet.join(ids(2, 'rt_taken'));
    const id = await rollouts.start(bodyOf('rt_taken'), 2);
    await rollouts.reaches(id, 'completed');
    fleet.script = ({ id: device }) => (device === 'rt_taken_01' ? { holds: 'downloading' } : 'installs');
    await rollouts.do(id, 'rollback');
    await rollouts.until(
      id,
      ({ rollback }) => rollback?.waves[0]?.in_flight === 1 && rollback.waves[0].succeeded === 1,
    );
    const [open] = await rollouts.members(id, 'stage=rollback&status=in_flight');
    expect(await rollouts.post(`updates/${open!.update_id}/cancel`, { reason: 'not this one' })).toMatchObject({
      status: 202,
    });
    const back = await rollouts.reaches(id, 'rollback_incomplete');
    expect(back.rollback).toMatchObject({ incomplete: 1, codes: { cancelled: 1 } });
    expect(await rollouts.failures(id)).toMatchObject([{ code: 'cancelled', devices: 1, stage: 'rollback' }]);
    fleet.script = () => 'installs';
    await rollouts.do(id, 'retry');
    await rollouts.reaches(id, 'rolled_back');
    expect(fleet.versions).toEqual({ rt_taken_01: '1.0.0', rt_taken_02: '1.0.0' });
  });

  it('goes on for a device that had failed and comes up on the version when it was over', async () => {
    const fleet = await rollouts.fleet('rt_late');
    await fleet.join(ids(2, 'rt_late'));
    fleet.script = ({ id }, { version }) =>
      id === 'rt_late_01' && version === '2.0.0' ? 'comes-back-old' : 'installs';
    const id = await rollouts.start(bodyOf('rt_late'), 2);
    await rollouts.reaches(id, 'completed');
    await rollouts.do(id, 'rollback');
    await rollouts.reaches(id, 'rolled_back');
    await fleet.device('rt_late_01').reboot('2.0.0');
    const back = await rollouts.until(id, ({ state, rollback }) => {
      return state === 'rolled_back' && rollback?.waves[0]?.succeeded === 2;
    });
    expect(back.rollback).toMatchObject({ incomplete: 0 });
    expect(fleet.versions).toEqual({ rt_late_01: '1.0.0', rt_late_02: '1.0.0' });
  });
});

describe('a rollback says where its devices really are', () => {
  const versions = ['1.0.0', '2.0.0', '3.0.0'];
  const isOn = (fleet: string, version: string) =>
    rollouts.planOf(
      bodyOf(fleet, { version: '1.0.0', force: true, target: { filter: { fleet, version } } }),
      ({ eligible }) => eligible === 1,
    );

  it('and brings one back that came up on the version although a later rollout had it, and failed there', async () => {
    const fleet = await rollouts.fleet('rt_astray', versions);
    const [device] = await fleet.join(ids(1, 'rt_astray'));
    fleet.script = (_device, { version }) =>
      version === '2.0.0' ? { holds: 'downloading' } : { fails: 'install-failed' };
    const first = await rollouts.start(bodyOf('rt_astray'), 1);
    await rollouts.until(first, ({ waves }) => waves[0]?.in_flight === 1);
    const later = await rollouts.post<{ rollout_id: string }>('rollouts', bodyOf('rt_astray', { version: '3.0.0' }));
    expect(later).toMatchObject({ status: 202 });
    await rollouts.until(first, ({ waves }) => waves[0]?.superseded === 1);
    await rollouts.reaches(later.body.rollout_id, 'completed');
    await device!.reboot('2.0.0');
    await isOn('rt_astray', '2.0.0');
    fleet.script = () => 'installs';
    await rollouts.do(first, 'rollback');
    expect(await rollouts.reaches(first, 'rolled_back')).toMatchObject({ rollback: { waves: [{ succeeded: 1 }] } });
    expect(fleet.versions).toEqual({ rt_astray_01: '1.0.0' });
  });

  it('and not that one is back that boots the version again, until that is tried again', async () => {
    const fleet = await rollouts.fleet('rt_loop');
    const [device] = await fleet.join(ids(1, 'rt_loop'));
    const id = await rollouts.start(bodyOf('rt_loop'), 1);
    await rollouts.reaches(id, 'completed');
    fleet.script = () => ({ fails: 'install-failed' });
    await rollouts.do(id, 'rollback');
    await rollouts.reaches(id, 'rollback_incomplete');
    await device!.reboot('1.0.0');
    await isOn('rt_loop', '1.0.0');
    await rollouts.do(id, 'retry');
    expect(await rollouts.reaches(id, 'rolled_back')).toMatchObject({ rollback: { waves: [{ skipped: 1 }] } });
    fleet.script = () => 'installs';
    await device!.reboot('2.0.0');
    expect(await rollouts.reaches(id, 'rollback_incomplete')).toMatchObject({
      ...{ allowed_actions: ['retry'], rollback: { incomplete: 1, codes: { reverted: 1 } } },
    });
    expect(await rollouts.failures(id)).toMatchObject([{ code: 'reverted', devices: 1, stage: 'rollback' }]);
    await rollouts.do(id, 'retry');
    await rollouts.reaches(id, 'rolled_back');
    expect(fleet.versions).toEqual({ rt_loop_01: '1.0.0' });
  });

  it('and leads none of them to the version of another one that was rolled back', async () => {
    const fleet = await rollouts.fleet('rt_both', versions);
    await fleet.join(ids(2, 'rt_both'));
    const first = await rollouts.start(bodyOf('rt_both', { version: '3.0.0' }), 2);
    await rollouts.reaches(first, 'completed');
    const urgent = await rollouts.start(bodyOf('rt_both', { priority: 5, target: { devices: ['rt_both_01'] } }), 1);
    await rollouts.reaches(urgent, 'completed');
    await rollouts.do(first, 'rollback');
    expect(await rollouts.reaches(first, 'rolled_back')).toMatchObject({
      rollback: { waves: [{ eligible: 2, succeeded: 1, skipped: 1, superseded: 1 }] },
    });
    await rollouts.do(urgent, 'rollback');
    expect(await rollouts.reaches(urgent, 'rolled_back')).toMatchObject({ rollback: { waves: [{ succeeded: 1 }] } });
    expect(fleet.versions).toEqual({ rt_both_01: '1.0.0', rt_both_02: '1.0.0' });
  });
});
