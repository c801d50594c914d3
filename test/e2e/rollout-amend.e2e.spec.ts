import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts } from './rollouts.harness.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

const reason = 'two of them are gone for good';
const rolling = { version: '2.0.0', strategy: { type: 'rolling', batch_size: 2 } };

describe('an operator acts on a rollout that runs', () => {
  it('skips a wave whose devices never come back, and goes on at another pace', async () => {
    const fleet = await rollouts.fleet('act_skip');
    const devices = ids(6, 'act_skip');
    await fleet.join(devices);
    // Of the first batch one device installs already, the other one has gone silent while it downloads.
    let told = 0;
    fleet.script = () => (told++ === 0 ? { holds: 'installing' } : told === 2 ? { holds: 'downloading' } : 'installs');
    const id = await rollouts.start({ ...rolling, target: { fleet: 'act_skip' } }, 6);
    await rollouts.standalone.eventually(
      () => rollouts.query<{ items: { phase: string }[] }>(`rollouts/${id}/devices?status=in_flight`),
      ({ body }) => ['installing', 'downloading'].every((phase) => body.items.some((item) => item.phase === phase)),
    );
    const running = await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    expect(running.allowed_actions).toEqual(['pause', 'abort', 'rollback', 'skip', 'amend']);
    const amended = await rollouts.post(`rollouts/${id}/amend`, { reason: 'be done by noon', batch_size: 4 });
    expect(amended).toMatchObject({ status: 202 });
    expect((await rollouts.until(id, ({ waves }) => waves.length === 2)).waves[1]).toMatchObject({
      eligible: 4,
      queued: 4,
    });
    expect(await rollouts.post(`rollouts/${id}/skip`, {})).toMatchObject({
      status: 400,
      body: { code: 'reason-required' },
    });
    expect(await rollouts.post(`rollouts/${id}/skip`, { reason })).toMatchObject({ status: 202 });
    const left = await rollouts.until(id, ({ waves: [first, second] }) => {
      return second?.state === 'completed' && second.succeeded === 4 && first?.cancelled === 1;
    });
    expect(left).toMatchObject({
      state: 'running',
      waves: [{ state: 'skipped', in_flight: 1 }, { state: 'completed' }],
    });
    expect(left.waiting_for).toMatchObject([{ reason: 'devices_in_flight', devices: 1 }]);
    fleet.release();
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ succeeded: 5, percent: 100 });
    expect((await rollouts.events(id, 'WaveSkipped')).map(({ data }) => data)).toMatchObject([
      { wave: 0, reason, numbers: { queued: 0, in_flight: 2 } },
    ]);
    expect((await rollouts.events(id, 'RolloutAmended')).map(({ data }) => data)).toMatchObject([
      { was: { strategy: { batch_size: 2 } }, now: { strategy: { batch_size: 4 } }, reason: 'be done by noon' },
    ]);
    expect(await rollouts.post(`rollouts/${id}/amend`, { reason, batch_size: 1 })).toMatchObject({
      status: 409,
      body: { code: 'action-not-allowed' },
    });
  });

  it('or a team does, over NATS', async () => {
    const fleet = await rollouts.fleet('act_nats');
    await fleet.join(ids(3, 'act_nats'));
    fleet.script = () => 'silent';
    const limits = { max_in_flight: 1 };
    const id = await rollouts.start({ ...rolling, target: { fleet: 'act_nats' }, limits }, 3);
    await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    const team = await rollouts.standalone.team('acme');
    const ask = async (request_id: string, type: string, body: object): Promise<unknown> => {
      await team.request('acme', request_id, type, { rollout_id: id, requested_by: 'releases', ...body });
      return rollouts.standalone.eventually<{ state: string }>(
        () => rollouts.query(`requests/${request_id}`),
        ({ status, body: { state } }) => status === 200 && state !== 'open',
      );
    };
    const amend = { limits: null, deadline_s: 600 };
    expect(await ask('act_1', 'RolloutAmendRequested', { amend, reason })).toMatchObject({
      answer: { type: 'RolloutAmended' },
    });
    await rollouts.until(id, ({ waves }) => waves[0]?.in_flight === 2);
    const fixed = { amend: { version: '3.0.0' }, reason };
    expect(await ask('act_2', 'RolloutAmendRequested', fixed)).toMatchObject({
      state: 'refused',
      code: 'not-amendable',
    });
    expect(await ask('act_3', 'RolloutSkipRequested', {})).toMatchObject({ state: 'refused', code: 'reason-required' });
    fleet.script = () => 'installs';
    expect(await ask('act_4', 'RolloutSkipRequested', { reason })).toMatchObject({ answer: { type: 'WaveSkipped' } });
    team.close();
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({
      succeeded: 1,
      waves: [{ state: 'skipped', cancelled: 2 }, {}],
    });
  });
});
