import { describe, expect, it } from 'vitest';
import { type Fleet, ids, streamOf } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['1.0.0', '2.0.0'], (its) => ({ world, fleet } = its));

const reason = 'the board said so';
const rolling = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'rolling', batch_size: 2 } };

async function northOf(count: number): Promise<void> {
  await fleet.join(ids(count), { fleet: 'north' });
  await eventually(async () => {
    const { body } = await world.ask('POST', 'rollouts?dry_run=true', rolling);
    return { found: body['eligible'] === count ? true : undefined, seen: body };
  });
}

const post = (id: string, action: string, body?: object) => world.ask('POST', `rollouts/${id}/${action}`, body);

describe('a wave', () => {
  it('whose devices never come back is skipped: the next one starts, and the updates are withdrawn', async () => {
    await northOf(4);
    fleet.behaviour = () => 'is-silent';
    const id = await world.rollout({ ...rolling, limits: { max_in_flight: 1 } });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    expect(await post(id, 'skip', {})).toMatchObject({ status: 400, body: { code: 'reason-required' } });
    expect(await post(id, 'skip', { reason, wave: 9 })).toMatchObject({ status: 404, body: { code: 'wave-unknown' } });
    fleet.behaviour = () => 'installs';
    expect(await post(id, 'skip', { reason, wave: 0 })).toMatchObject({ status: 202, body: { status: 'decided' } });
    const done = await world.reaches(id, 'completed');
    expect(done.waves).toMatchObject([
      { state: 'skipped', skipped: 1, cancelled: 1 },
      { state: 'completed', succeeded: 2 },
    ]);
    expect((await world.members(id)).map(({ code }) => code)).toEqual(['wave-skipped', 'wave-skipped', null, null]);
    expect(await world.events(id)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'WaveSkipped',
          data: expect.objectContaining({ wave: 0, reason, requested_by: 'ops', role: 'operator' }) as unknown,
        }),
      ]) as never,
    );
  });

  it('that has ended is not skipped any more, and its gate is asked first, also while somebody has paused the rollout', async () => {
    await northOf(4);
    fleet.behaviour = () => 'says-nothing';
    const strategy = { type: 'canary', count: 2, soak_s: 3_600 };
    const id = await world.rollout({ ...rolling, strategy, failure: { count: 1, action: 'rollback' } });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    await post(id, 'pause', { reason });
    for (const { device_id, update_id } of fleet.dispatched) {
      const failure = { outcome: 'failed', code: 'install-failed', message: 'no', reported_by: 'device' } as const;
      await world.happen(streamOf(device_id), {
        type: 'DeviceUpdateReported',
        data: { device_id, update_id, ...failure },
      });
    }
    await world.until(id, ({ failed }) => failed === 2);
    // Without its number the next one would be meant, once it stands in the log that this one has ended.
    const refused = await post(id, 'skip', { reason, wave: 0 });
    expect(refused).toMatchObject({ status: 409, body: { code: 'action-not-allowed', detail: 'Wave 0 has ended.' } });
    const { waiting_for } = await world.until(id, (seen) => seen.waiting_for.length > 1);
    expect(waiting_for).toMatchObject([{ reason: 'operator' }, { reason: 'gate', gate: { action: 'rollback' } }]);
    expect(await post(id, 'resume', {})).toMatchObject({ status: 400, body: { code: 'reason-required' } });
    await post(id, 'rollback', { reason });
    await world.reaches(id, 'rolled_back');
    expect(fleet.dispatched).toHaveLength(2);
    expect(await world.story(id)).not.toContain('WaveSkipped');
  });

  it('that is skipped hides no failure: who waits for another try has failed', async () => {
    await northOf(2);
    fleet.behaviour = () => 'fails';
    const id = await world.rollout({ ...rolling, retry: { attempts: 3, backoff_s: 3_600 } });
    await world.until(id, ({ waves }) => waves[0]?.queued === 2 && waves[0].in_flight === 0);
    await eventually(async () => {
      const members = await world.members(id);
      return { found: members.every(({ code }) => code === 'install-failed') || undefined, seen: members };
    });
    await post(id, 'skip', { reason });
    expect(await world.reaches(id, 'completed')).toMatchObject({ failed: 2, waves: [{ failed: 2, skipped: 0 }] });
    expect((await world.members(id)).map(({ status, code }) => [status, code])).toEqual([
      ['failed', 'install-failed'],
      ['failed', 'install-failed'],
    ]);
  });

  it('has its failed devices try again alone', async () => {
    await northOf(4);
    fleet.behaviour = () => 'fails';
    const id = await world.rollout(rolling);
    await world.reaches(id, 'completed');
    fleet.behaviour = () => 'installs';
    expect(await post(id, 'retry', { reason, wave: 1 })).toMatchObject({ status: 202 });
    const done = await world.until(id, ({ state, succeeded }) => state === 'completed' && succeeded === 2);
    expect(done.waves).toMatchObject([{ failed: 2 }, { succeeded: 2 }]);
  });
});

describe('a rollout that runs', () => {
  it('is amended: its limits, and its batches, which its devices follow', async () => {
    await northOf(7);
    fleet.behaviour = () => 'is-silent';
    const id = await world.rollout({ ...rolling, limits: { max_in_flight: 1 } });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    const amend = { reason, limits: { max_in_flight: 2, max_per_minute: 100 }, batch_size: 3 };
    expect(await post(id, 'amend', amend)).toMatchObject({ status: 202, body: { status: 'decided' } });
    const amended = await world.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    expect(amended.waves.map(({ eligible, queued }) => [eligible, queued])).toEqual([
      [2, 0],
      [3, 3],
      [2, 2],
    ]);
    expect(amended.spec).toMatchObject({
      limits: { max_in_flight: 2, max_per_minute: 100 },
      strategy: { batch_size: 3 },
    });
    expect((await world.members(id)).map(({ wave }) => wave)).toEqual([0, 0, 1, 1, 1, 2, 2]);
    await post(id, 'amend', { reason, batch_size: 100, limits: null });
    await world.until(id, ({ waves }) => waves.length === 2);
    expect((await world.members(id)).map(({ wave }) => wave)).toEqual([0, 0, 1, 1, 1, 1, 1]);
    fleet.behaviour = () => 'installs';
    await post(id, 'skip', { reason });
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 5, percent: 100 });
    expect(await world.story(id)).toEqual([
      ...['RolloutAccepted', 'RolloutStarted', 'WaveStarted', 'RolloutAmended', 'RolloutAmended'],
      ...['WaveSkipped', 'WaveStarted', 'WaveCompleted', 'RolloutCompleted'],
    ]);
  });

  it('says who has no way back once failures roll it back: of those that have moved, and those that may', async () => {
    const old = { fleet: 'north', version: '0.5.0' };
    await fleet.join(ids(4, 'old'), old);
    await fleet.join(['good'], { fleet: 'north' });
    // One moves, one is told, the others wait.
    fleet.behaviour = () => (fleet.dispatched.length === 1 ? 'installs' : 'is-silent');
    const id = await world.rollout({ ...rolling, strategy: { type: 'rolling', batch_size: 1 } });
    const before = await world.until(id, ({ waves }) => waves[1]?.in_flight === 1);
    expect(before.no_way_back).toBeNull();
    const no_way_back = { 'firmware-unknown': 4 };
    const turned = await post(id, 'amend', { reason, failure: { count: 5, action: 'rollback' } });
    expect(turned).toMatchObject({ status: 202, body: { no_way_back } });
    await world.until(id, (resource) => JSON.stringify(resource.no_way_back) === JSON.stringify(no_way_back));
    await post(id, 'amend', { reason, failure: { action: 'pause' } });
    await world.until(id, (resource) => resource.no_way_back === null);
  });

  it('is not amended by what has no effect on the way back', async () => {
    await northOf(2);
    const id = await world.rollout(rolling);
    await world.reaches(id, 'completed');
    fleet.behaviour = () => 'is-silent';
    await world.act(id, 'rollback');
    await world.until(id, ({ rollback }) => rollback?.waves[0]?.in_flight === 2);
    const refused = await post(id, 'amend', { reason, failure: { count: 1, action: 'pause' } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'not-amendable' } });
    expect(await post(id, 'amend', { reason, deadline_s: 60 })).toMatchObject({ status: 202 });
  });

  it.each([
    [{ version: '3.0.0', reason }, 409, 'not-amendable'],
    [{ target: { fleet: 'south' }, reason }, 409, 'not-amendable'],
    [{ strategy: { type: 'all_at_once' }, reason }, 409, 'not-amendable'],
    [{ deadline_s: 0, reason }, 400, 'invalid-request'],
    [{ limits: { max_in_fligth: 5 }, reason }, 400, 'invalid-request'],
    [{ limits: { max_in_flight: 5 } }, 400, 'reason-required'],
    [{ reason }, 400, 'invalid-request'],
    [{ soak_s: 5, reason }, 400, 'invalid-request'],
    [undefined, 400, 'invalid-request'],
  ])('is not amended by %j', async (body, status, code) => {
    await northOf(1);
    fleet.behaviour = () => 'is-silent';
    const id = await world.rollout(rolling);
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    expect(await post(id, 'amend', body)).toMatchObject({ status, body: { code } });
    expect(await world.story(id)).not.toContain('RolloutAmended');
  });
});
