import { describe, expect, it } from 'vitest';
import { type Fleet, ids, streamOf } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0', '3.0.0'], (its) => ({ world, fleet } = its));

const older = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'rolling', batch_size: 2 } };
const newer = { version: '3.0.0', target: { fleet: 'north' }, strategy: { type: 'all_at_once' } };

/** The fleet online, and the orchestrator's rows showing it. */
async function northOf(count: number): Promise<string[]> {
  const devices = ids(count);
  await fleet.join(devices, { fleet: 'north' });
  await eventually(async () => {
    const { body } = await world.ask('POST', 'rollouts?dry_run=true', older);
    return { found: body['eligible'] === count ? true : undefined, seen: body };
  });
  return devices;
}

const all = (devices: readonly string[], version: string): void =>
  expect(devices.map((device) => fleet.versionOf(device))).toEqual(devices.map(() => version));

describe('of two rollouts over one fleet', () => {
  it('the later one has every device, and the older one says so', async () => {
    const devices = await northOf(5);
    fleet.behaviour = (_device, version) => (version === '2.0.0' ? 'is-silent' : 'installs');
    const first = await world.rollout(older);
    await world.until(first, ({ waves }) => waves[0]?.in_flight === 2);
    const plan = await world.ask('POST', 'rollouts?dry_run=true', newer);
    const overlaps = [{ rollout_id: first, version: '2.0.0', state: 'running', devices: 5 }];
    expect(plan.body).toMatchObject({ eligible: 5, overlaps });
    const answer = await world.ask('POST', 'rollouts', newer);
    expect(answer).toMatchObject({ status: 202, body: { overlaps } });
    const second = String(answer.body.rollout_id);
    expect(await world.reaches(second, 'completed')).toMatchObject({ succeeded: 5, overlaps, superseded_by: [] });
    const lost = await world.reaches(first, 'completed');
    expect(lost).toMatchObject({ succeeded: 0, failed: 0, superseded_by: [second] });
    expect(lost.waves).toMatchObject([
      { eligible: 2, cancelled: 2, skipped: 0, superseded: 2 },
      { eligible: 2, cancelled: 0, skipped: 2, superseded: 2 },
      { eligible: 1, skipped: 1, superseded: 1 },
    ]);
    expect((await world.members(first)).map(({ code }) => code)).toEqual(devices.map(() => 'superseded'));
    all(devices, '3.0.0');
  });

  it('the older one lets a device finish that installs, and the later one takes it on', async () => {
    const devices = await northOf(3);
    fleet.behaviour = (_device, version) => (version === '2.0.0' ? 'installs-slowly' : 'installs');
    const first = await world.rollout({ ...older, strategy: { type: 'rolling', batch_size: 1 } });
    await eventually(async () => {
      const { phase } = (await world.log.read(streamOf(fleet.dispatched[0]?.device_id ?? 'none'))).reduce(
        (seen, { type, data }) => (type === 'DeviceProgressReported' ? { phase: data.phase } : seen),
        { phase: '' },
      );
      return { found: phase === 'installing' ? true : undefined };
    });
    const second = await world.rollout(newer);
    expect(await world.reaches(second, 'completed')).toMatchObject({ eligible: 3, succeeded: 3 });
    expect(await world.reaches(first, 'completed')).toMatchObject({ succeeded: 1, superseded_by: [second] });
    all(devices, '3.0.0');
  });

  it('a paused older one takes nothing back when it is resumed, nor when its failed devices try again', async () => {
    const devices = await northOf(4);
    fleet.behaviour = (_device, version) => (version === '2.0.0' ? 'fails' : 'installs');
    const first = await world.rollout({ ...older, failure: { count: 2 } });
    await world.reaches(first, 'paused');
    const second = await world.rollout(newer);
    await world.reaches(second, 'completed');
    await world.until(first, ({ waves }) => waves[1]?.superseded === 2);
    fleet.behaviour = () => 'installs';
    await world.act(first, 'resume');
    await world.reaches(first, 'completed');
    await world.act(first, 'retry');
    const retried = await world.until(first, ({ state, failed }) => state === 'completed' && failed === 0);
    expect(retried).toMatchObject({ succeeded: 0, superseded_by: [second] });
    expect(retried.waves[0]).toMatchObject({ skipped: 2, superseded: 2 });
    all(devices, '3.0.0');
  });

  it('the older one takes no device back that the later one has left out, since it ran the later version already', async () => {
    const [ahead = '', other = ''] = await northOf(2);
    const alone = await world.rollout({ ...newer, target: { devices: [ahead] } });
    await world.reaches(alone, 'completed');
    const first = await world.rollout({ ...older, strategy: newer.strategy, approval: 'every_wave' });
    const second = await world.rollout({ ...newer, target: { devices: [ahead, other] } });
    expect(await world.reaches(second, 'completed')).toMatchObject({
      ...{ eligible: 1, succeeded: 1, excluded: { 'already-on-target': 1 } },
    });
    await world.act(first, 'approve');
    expect(await world.reaches(first, 'completed')).toMatchObject({ succeeded: 0, superseded_by: [second] });
    all([ahead, other], '3.0.0');
  });

  it('the later one takes nothing away while it is only scheduled, and the overlap is named', async () => {
    const devices = await northOf(2);
    fleet.behaviour = () => 'is-silent';
    const first = await world.rollout(older);
    const start_at = new Date(Date.now() + 3_600_000).toISOString();
    const answer = await world.ask('POST', 'rollouts', { ...newer, start_at });
    expect(answer.body).toMatchObject({ overlaps: [{ rollout_id: first, devices: 2 }] });
    await world.until(first, ({ waves }) => waves[0]?.in_flight === 2);
    for (const device of devices) await fleet.hello(device);
    expect(await world.resource(first)).toMatchObject({ superseded_by: [], waves: [{ superseded: 0 }] });
  });

  it('the higher priority wins, whenever it was asked for', async () => {
    const devices = await northOf(3);
    fleet.behaviour = (_device, version) => (version === '2.0.0' ? 'is-silent' : 'installs');
    const first = await world.rollout({ ...older, priority: 5 });
    await world.until(first, ({ waves }) => waves[0]?.in_flight === 2);
    const second = await world.rollout({ ...newer, priority: 6 });
    await world.reaches(second, 'completed');
    expect(await world.reaches(first, 'completed')).toMatchObject({ superseded_by: [second] });
    all(devices, '3.0.0');
  });

  it('the lower priority takes every device on from where the higher one has brought it, told or not by then', async () => {
    const devices = await northOf(3);
    fleet.behaviour = (_device, version) => (version === '2.0.0' ? 'installs-slowly' : 'installs');
    const first = await world.rollout({ ...older, priority: 5, strategy: { type: 'rolling', batch_size: 1 } });
    await world.until(first, ({ waves }) => waves[0]?.in_flight === 1);
    const answer = await world.ask('POST', 'rollouts', newer);
    expect(answer).toMatchObject({ status: 202, body: { overlaps: [{ rollout_id: first, devices: 3 }] } });
    const second = String(answer.body.rollout_id);
    expect(await world.reaches(second, 'completed')).toMatchObject({ eligible: 3, succeeded: 3, excluded: {} });
    expect(await world.reaches(first, 'completed')).toMatchObject({ succeeded: 3, superseded_by: [] });
    all(devices, '3.0.0');
  });

  it('an older one of higher priority takes nothing back that a later one has brought on while it was paused', async () => {
    const devices = await northOf(3);
    const hour = (new Date().getUTCHours() + 3) % 24;
    const window = { cron: `0 ${hour} * * *`, duration_s: 600, time_zone: 'UTC' };
    const first = await world.rollout({ ...older, priority: 5, window });
    await world.act(first, 'pause');
    await world.reaches(first, 'paused');
    const second = await world.rollout({ ...newer, priority: 1, target: { devices: devices.slice(0, 2) } });
    await world.reaches(second, 'completed');
    await world.ask('POST', `rollouts/${first}/amend`, { reason: 'now', window: null });
    await world.act(first, 'resume');
    expect(await world.reaches(first, 'completed')).toMatchObject({ succeeded: 1, superseded_by: [second] });
    all(devices.slice(0, 2), '3.0.0');
    all(devices.slice(2), '2.0.0');
  });

  it('the way back of the older one leaves alone what the later one has moved on', async () => {
    const devices = await northOf(3);
    const first = await world.rollout({ ...older, strategy: { type: 'all_at_once' } });
    await world.reaches(first, 'completed');
    const second = await world.rollout({ ...newer, target: { devices: devices.slice(0, 1) } });
    await world.reaches(second, 'completed');
    await world.act(first, 'rollback', 'it was bad');
    await world.reaches(first, 'rolled_back');
    expect(devices.map((device) => fleet.versionOf(device))).toEqual(['3.0.0', '1.0.0', '1.0.0']);
    await world.act(second, 'rollback', 'so was this');
    await world.reaches(second, 'rolled_back');
    // Not to the version of the one that was rolled back before.
    expect(fleet.versionOf(devices[0]!)).toBe('1.0.0');
  });

  it('nor what the later one is moving on meanwhile', async () => {
    const [device = ''] = await northOf(1);
    const first = await world.rollout(older);
    await world.reaches(first, 'completed');
    fleet.behaviour = (_device, version) => (version === '3.0.0' ? 'installs-slowly' : 'installs');
    const second = await world.rollout(newer);
    await world.until(second, ({ waves }) => waves[0]?.in_flight === 1);
    await world.act(first, 'rollback', 'it was bad');
    const back = await world.reaches(first, 'rolled_back');
    expect(back.rollback?.waves).toMatchObject([{ eligible: 1, skipped: 1, superseded: 1 }]);
    expect(await world.reaches(second, 'completed')).toMatchObject({ succeeded: 1 });
    expect(fleet.versionOf(device)).toBe('3.0.0');
  });

  it('an older one with continuous membership that has lost all is asked for no proof: nobody waits for it', async () => {
    const devices = await northOf(3);
    fleet.behaviour = (_device, version) => (version === '2.0.0' ? 'is-silent' : 'installs');
    const canary = { type: 'canary', count: 1, success_percent: 100 };
    const first = await world.rollout({ ...older, strategy: canary, membership: 'continuous' });
    await world.until(first, ({ waves }) => waves[0]?.in_flight === 1);
    const second = await world.rollout(newer);
    await world.reaches(second, 'completed');
    expect(await world.reaches(first, 'completed')).toMatchObject({ superseded_by: [second] });
    expect(await world.story(first)).not.toContain('RolloutPaused');
    all(devices, '3.0.0');
  });

  it('the older one loses its devices from the last wave on: while one waits behind a canary, somebody would be asked for its proof', async () => {
    await fleet.join(ids(3), { fleet: 'north', online: false });
    const first = await eventually(async () => {
      const { body } = await world.ask('POST', 'rollouts', { ...older, strategy: { type: 'canary', count: 1 } });
      return { found: body.rollout_id, seen: body };
    });
    await world.until(first, ({ eligible, state }) => eligible === 3 && state === 'running');
    await world.rollout(newer);
    await world.reaches(first, 'completed');
    const waves: unknown[] = [];
    for await (const { type, data } of world.log.scan(['ota.acme.update.*.*']))
      if (type === 'UpdateSkipped') waves.push(data.wave);
    expect(waves).toEqual([1, 1, 0]);
  });

  it('an older one with continuous membership takes in no device that the later one has', async () => {
    const devices = await northOf(2);
    const first = await world.rollout({ ...older, target: { filter: { model: 'm1' } }, membership: 'continuous' });
    await world.reaches(first, 'completed');
    await fleet.join(['late'], { fleet: 'south', online: false });
    await fleet.join(['later'], { fleet: 'south' });
    await world.until(first, ({ eligible, state }) => eligible === 4 && state === 'running');
    const second = await world.rollout({ ...newer, target: { filter: { model: 'm1' } }, force: true });
    await world.until(second, ({ succeeded }) => succeeded === 3);
    await fleet.connect('late');
    await world.reaches(second, 'completed');
    await world.until(first, ({ state }) => state === 'completed');
    all([...devices, 'late', 'later'], '3.0.0');
  });

  it('an older one tries again what has failed in a later one, once that was aborted', async () => {
    const devices = await northOf(2);
    fleet.behaviour = () => 'fails';
    const first = await world.rollout(older);
    await world.until(first, ({ state, failed }) => state === 'completed' && failed === 2);
    const second = await world.rollout({ ...newer, membership: 'continuous' });
    await world.until(second, ({ state, failed }) => state === 'completed' && failed === 2);
    await world.act(second, 'abort', 'it is bad');
    await world.reaches(second, 'aborted');
    fleet.behaviour = () => 'installs';
    await world.act(first, 'retry');
    await world.until(first, ({ state, succeeded }) => state === 'completed' && succeeded === 2);
    all(devices, '2.0.0');
  });
});
