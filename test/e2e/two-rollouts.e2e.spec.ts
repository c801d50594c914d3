import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts, type Resource } from './rollouts.harness.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const VERSIONS = ['1.0.0', '2.0.0', '3.0.0'];
const ended = ({ waves }: Resource): number => waves.reduce((sum, { superseded }) => sum + superseded, 0);

describe('two rollouts over one fleet', () => {
  it('leave all of it on what was asked for last, and the older one tells the truth', async () => {
    const fleet = await rollouts.fleet('two_one', VERSIONS);
    const devices = ids(6, 'two_one');
    await fleet.join(devices);
    // Of the older one's first batch one device installs already, the other one downloads.
    const phases = ['installing', 'downloading'] as const;
    let told = 0;
    fleet.script = (_, { version }) => (version === '2.0.0' ? { holds: phases[told++ % 2]! } : 'installs');
    const target = { fleet: 'two_one' };
    const strategy = { type: 'rolling', batch_size: 2 };
    const older = await rollouts.start({ version: '2.0.0', target, strategy }, 6);
    await rollouts.standalone.eventually(
      () => rollouts.query<{ items: { phase: string }[] }>(`rollouts/${older}/devices?status=in_flight`),
      ({ body }) => phases.every((phase) => body.items.some((item) => item.phase === phase)),
    );
    const body = { version: '3.0.0', target, strategy: { type: 'all_at_once' } };
    const overlaps = [{ rollout_id: older, version: '2.0.0', state: 'running', devices: 6 }];
    expect(await rollouts.planOf(body, ({ eligible }) => eligible === 6)).toMatchObject({ overlaps });
    const answer = await rollouts.post<{ rollout_id: string }>('rollouts', body);
    expect(answer).toMatchObject({ status: 202, body: { overlaps } });
    const newer = answer.body.rollout_id;
    await rollouts.until(older, (resource) => ended(resource) === 5);
    // The rows say so before the device has heard of it; one that goes on reporting meanwhile hears it again.
    await rollouts.standalone.eventually(
      () => Promise.resolve({ status: 0, body: fleet.cancelled }),
      ({ body: cancelled }) => new Set(cancelled).size === 1,
    );
    fleet.release();
    expect(await rollouts.reaches(newer, 'completed')).toMatchObject({ succeeded: 6, percent: 100, overlaps });
    const lost = await rollouts.reaches(older, 'completed');
    expect(lost).toMatchObject({ succeeded: 1, failed: 0, superseded_by: [newer], percent: 100 });
    expect(lost.waves[0]).toMatchObject({ succeeded: 1, cancelled: 1, superseded: 1 });
    expect(lost.waves[1]).toMatchObject({ skipped: 2, superseded: 2 });
    expect((await rollouts.members(older, 'status=skipped')).map(({ code }) => code)).toEqual(
      Array(4).fill('superseded'),
    );
    expect(Object.values(fleet.versions)).toEqual(devices.map(() => '3.0.0'));
  });

  it('do not fight: the older one, paused and resumed, takes nothing back', async () => {
    const fleet = await rollouts.fleet('two_held', VERSIONS);
    await fleet.join(ids(3, 'two_held'));
    const target = { fleet: 'two_held' };
    const older = await rollouts.start(
      { version: '2.0.0', target, strategy: { type: 'rolling', batch_size: 1 }, approval: 'every_wave' },
      3,
    );
    await rollouts.do(older, 'approve');
    await rollouts.until(older, ({ succeeded }) => succeeded === 1);
    await rollouts.do(older, 'pause');
    const newer = await rollouts.start({ version: '3.0.0', target, strategy: { type: 'all_at_once' } }, 3);
    await rollouts.reaches(newer, 'completed');
    // The one that had succeeded too: no wave of the older one has begun since, and it is no evidence for one any more.
    expect(await rollouts.until(older, (resource) => ended(resource) === 3)).toMatchObject({
      ...{ state: 'paused', succeeded: 0, superseded_by: [newer] },
    });
    await rollouts.do(older, 'resume');
    for (const _wave of [1, 2]) {
      await rollouts.reaches(older, 'awaiting_approval');
      await rollouts.do(older, 'approve');
      await rollouts.until(
        older,
        ({ state, waiting_for }) => state === 'completed' || waiting_for.some((one) => one['wave'] === 2),
      );
    }
    await rollouts.reaches(older, 'completed');
    expect(Object.values(fleet.versions)).toEqual(['3.0.0', '3.0.0', '3.0.0']);
  });
});

describe('a device that failed in a rollout and was brought further by an update of its own', () => {
  it('is not taken down by a retry, of all or of its wave', async () => {
    const fleet = await rollouts.fleet('further', VERSIONS);
    const devices = ids(2, 'further');
    await fleet.join(devices);
    fleet.script = (_, { version }) => (version === '2.0.0' ? { fails: 'install-failed' } : 'installs');
    const target = { fleet: 'further' };
    const id = await rollouts.start({ version: '2.0.0', target, strategy: { type: 'all_at_once' } }, 2);
    await rollouts.until(id, ({ failed }) => failed === 2);
    const [device_id = '', other = ''] = devices;
    expect((await rollouts.post('updates', { device_id, version: '3.0.0' })).status).toBe(202);
    await expect.poll(() => fleet.versions[device_id], { timeout: 30_000 }).toBe('3.0.0');
    fleet.script = () => 'installs';
    await rollouts.do(id, 'retry');
    await rollouts.until(id, ({ succeeded, waves }) => succeeded === 1 && waves[0]?.queued === 0);
    await rollouts.reaches(id, 'completed');
    expect(fleet.versions).toEqual({ [device_id]: '3.0.0', [other]: '2.0.0' });
    expect(fleet.device(device_id).updates).toHaveLength(2);
    expect((await rollouts.members(id)).find((member) => member.device_id === device_id)).toMatchObject({
      ...{ status: 'skipped', code: 'superseded' },
    });
  });
});
