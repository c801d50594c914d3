import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requestStream, updateStream, type StoredEvent } from '@edgeflow/contracts';
import { Fleet, streamOf } from './testing/fleet.fixture.js';
import { World, eventually, type Answer } from './testing/world.fixture.js';

let world: World;
let fleet: Fleet;

beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.begin();
  fleet = new Fleet(world);
  fleet.behaviour = () => 'is-silent';
  await world.firmware('1.0.0');
  await world.firmware('2.0.0');
});
afterEach(async () => {
  fleet.stop();
  expect(fleet.errors).toEqual([]);
  await world.end();
});

const update = (device_id: string, more: object = {}): Promise<Answer> =>
  world.ask('POST', 'updates', { device_id, version: '2.0.0', ...more });
const cancel = (update_id: unknown, body: object = { reason: 'the spec' }, how = {}): Promise<Answer> =>
  world.ask('POST', `updates/${String(update_id)}/cancel`, body, how);
const updates = (device_id: string, org = 'acme') => world.log.read(updateStream({ org, device_id }));
const endsOf = (events: readonly StoredEvent[]) =>
  events.flatMap(({ type, data }) =>
    /Completed|Failed|Cancelled/.test(type) ? [[type, (data as { code?: string }).code]] : [],
  );

/** The device says that it installs, once it has said that it downloads. */
async function installs(device_id: string, update_id: unknown): Promise<void> {
  await eventually(async () => {
    const seen = await world.log.read(streamOf(device_id));
    return { found: seen.find(({ type }) => type === 'DeviceProgressReported'), seen };
  });
  const progress = { device_id, update_id: String(update_id), phase: 'installing', progress: 10 } as const;
  await world.happen(streamOf(device_id), { type: 'DeviceProgressReported', data: progress });
  expect(await cancel(update_id)).toMatchObject({ status: 409, body: { code: 'update-installing' } });
}

describe('an operator who takes one update back', () => {
  it('ends one that waits for its device, or is under way, and says so once and again', async () => {
    await fleet.join(['dev_1'], { online: false });
    const { body } = await update('dev_1', { when_offline: 'queue' });
    const cancelled = await cancel(body['update_id'], { reason: 'wrong device' }, { key: 'k' });
    const ids = { update_id: body['update_id'], request_id: cancelled.body['request_id'] };
    expect(cancelled).toEqual({
      status: 202,
      body: { ...ids, position: expect.any(Number) as number, status: 'cancelled' },
    });
    expect(await cancel(body['update_id'], { reason: 'wrong device' }, { key: 'k' })).toEqual(cancelled);
    expect((await updates('dev_1')).at(-1)).toMatchObject({
      type: 'UpdateCancelled',
      data: {
        code: 'cancelled',
        detail: 'wrong device',
        reason: 'wrong device',
        requested_by: 'ops',
        role: 'operator',
      },
    });
    await fleet.join(['dev_2']);
    const second = await update('dev_2');
    expect(await cancel(second.body['update_id'])).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    expect(await update('dev_2')).toMatchObject({ status: 202, body: { status: 'dispatched' } });
  });

  it('is told what cannot be taken back: 404 of none, 409 of one that has ended, and who may not', async () => {
    await fleet.join(['dev_1']);
    expect(await cancel('upd_none')).toMatchObject({ status: 404, body: { code: 'update-unknown' } });
    const { body } = await update('dev_1');
    for (const role of ['viewer', 'publisher'])
      expect(await cancel(body['update_id'], {}, { role })).toMatchObject({ status: 403 });
    expect(await cancel(body['update_id'], {}, { org: 'globex' })).toMatchObject({ status: 404 });
    expect(await cancel(body['update_id'], {})).toMatchObject({ status: 202 });
    expect(await cancel(body['update_id'])).toMatchObject({ status: 409, body: { code: 'update-ended' } });
    expect(endsOf(await updates('dev_1'))).toEqual([['UpdateCancelled', 'cancelled']]);
  });

  it('is told of an older one too that it has ended, whatever became of it and of its device', async () => {
    // What it says itself would come between what is said of it here.
    fleet.behaviour = () => 'says-nothing';
    await fleet.join(['dev_1', 'dev_2']);
    const rejected = await update('dev_1', { version: '9.9.9' });
    expect(rejected).toMatchObject({ status: 404, body: { code: 'firmware-unknown' } });
    const first = (await update('dev_1')).body['update_id'];
    await cancel(first);
    const second = (await update('dev_1')).body['update_id'];
    await world.happen(streamOf('dev_1'), { type: 'DeviceRevoked', data: { device_id: 'dev_1', revoked_by: 'spec' } });
    await world.happen(streamOf('dev_1'), {
      ...{ type: 'DeviceReinstated', data: { device_id: 'dev_1', reinstated_by: 'spec' } },
    });
    const third = (await update('dev_1')).body['update_id'];
    const ended = { status: 409, body: { code: 'update-ended' } };
    for (const id of [first, second]) {
      expect(await cancel(id)).toMatchObject(ended);
      expect(await cancel(id, { force: true })).toMatchObject(ended);
      expect(await cancel(id, {}, { org: 'globex' })).toMatchObject({ status: 404 });
    }
    await world.happen(streamOf('dev_1'), { type: 'DeviceRemoved', data: { device_id: 'dev_1', removed_by: 'spec' } });
    for (const id of [first, third]) expect(await cancel(id)).toMatchObject(ended);
    expect(await cancel(rejected.body['update_id'])).toMatchObject(ended);
  });

  it('gives up what a device installs, with force alone, and has the device free at once', async () => {
    await fleet.join(['dev_1']);
    const { body } = await update('dev_1');
    await installs('dev_1', body['update_id']);
    const given_up = await cancel(body['update_id'], { reason: 'silent since Monday', force: true });
    expect(given_up).toMatchObject({ status: 202, body: { status: 'abandoned' } });
    expect(await update('dev_1', { version: '1.0.0', force: true })).toMatchObject({ body: { status: 'dispatched' } });
    expect((await updates('dev_1')).at(-1)?.data).toMatchObject({ version: '1.0.0', abandoned_version: '2.0.0' });
  });

  it('takes the update of a rollout back, and the rollout tells the device no more', async () => {
    await fleet.join(['dev_1', 'dev_2'], { fleet: 'north' });
    fleet.behaviour = (device_id) => (device_id === 'dev_1' ? 'is-silent' : 'installs');
    const strategy = { type: 'all_at_once' };
    const retry = { attempts: 3, backoff_s: 0 };
    const id = await world.rollout({ version: '2.0.0', target: { fleet: 'north' }, strategy, retry });
    await world.until(id, ({ waves }) => waves[0]?.succeeded === 1);
    const [member] = await world.members(id, { device_id: 'dev_1' });
    const cancelled = await cancel(member?.update_id);
    expect(cancelled).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    const { waves } = await world.reaches(id, 'completed');
    expect(waves[0]).toMatchObject({ eligible: 2, succeeded: 1, cancelled: 1, failed: 0, queued: 0, in_flight: 0 });
    expect(await world.members(id, { device_id: 'dev_1' })).toMatchObject([{ status: 'cancelled', code: 'cancelled' }]);
    expect(fleet.dispatched.filter(({ device_id }) => device_id === 'dev_1')).toHaveLength(1);
  });

  it('frees a device that went silent while it installed for a rollout that was aborted', async () => {
    await fleet.join(['dev_1'], { fleet: 'north' });
    const id = await world.rollout({
      version: '2.0.0',
      target: { fleet: 'north' },
      strategy: { type: 'all_at_once' },
    });
    await world.until(id, ({ waves }) => waves[0]?.in_flight === 1);
    const [member] = await world.members(id);
    await installs('dev_1', member?.update_id);
    await world.act(id, 'abort');
    expect(await cancel(member?.update_id, { force: true })).toMatchObject({ body: { status: 'abandoned' } });
    const { waves } = await world.until(id, ({ waves: [wave] }) => wave?.cancelled === 1);
    expect(waves[0]).toMatchObject({ in_flight: 0, cancelled: 1 });
  });
});

describe('an update that became none', () => {
  it('has ended, for whoever takes it back by the id that the answer named', async () => {
    await fleet.join(['dev_1'], { version: '2.0.0' });
    await fleet.join(['dev_2'], { online: false });
    const skipped = await update('dev_1');
    expect(skipped).toMatchObject({ status: 202, body: { status: 'skipped' } });
    expect(await update('dev_2')).toMatchObject({ status: 409, body: { code: 'device-offline' } });
    const [rejected] = (await updates('dev_2')) as StoredEvent<'UpdateRejected'>[];
    for (const update_id of [skipped.body['update_id'], rejected?.data.update_id]) {
      expect(await cancel(update_id)).toMatchObject({ status: 409, body: { code: 'update-ended' } });
    }
  });
});

describe('a team that takes one update back over NATS', () => {
  const ask = (id: string, data: object, past = false) => {
    const type = 'UpdateCancelRequested';
    const subject = past ? `ota.acme.request.${id}.${type}` : `inbox.acme.${id}.${type}`;
    return world.publish(subject, { specversion: '1.0', id, source: '/team', type, data });
  };
  const answerTo = (id: string) =>
    eventually(async () => {
      const seen = await world.log.read(requestStream('acme', id));
      return { found: seen.find(({ type }) => type === 'RequestRefused'), seen };
    });

  it('need not know its device, and is answered', async () => {
    await fleet.join(['dev_1']);
    const { body } = await update('dev_1');
    await ask('r_1', { update_id: body['update_id'], reason: 'the spec' });
    const found = await eventually(async () => {
      const seen = await updates('dev_1');
      return { found: seen.find(({ type }) => type === 'UpdateCancelled'), seen };
    });
    expect(found.data).toMatchObject({ request_id: 'r_1', code: 'cancelled' });
    await ask('r_2', { update_id: body['update_id'], device_id: 'dev_1' });
    const refused = await eventually(async () => {
      const seen = await updates('dev_1');
      return { found: seen.find(({ type }) => type === 'UpdateCancelRefused'), seen };
    });
    expect(refused.data).toMatchObject({ request_id: 'r_2', code: 'update-ended' });
  });

  it('gives up what a device installs by force alone', async () => {
    await fleet.join(['dev_1']);
    const { body } = await update('dev_1');
    await installs('dev_1', body['update_id']);
    const answers = (request_id: string) =>
      eventually(async () => {
        const seen = await updates('dev_1');
        return { found: seen.find(({ data }) => (data as { request_id?: string }).request_id === request_id), seen };
      });
    for (const [n, force] of [{}, { force: false }].entries()) {
      await ask(`r_f${n}`, { update_id: body['update_id'], ...force });
      expect(await answers(`r_f${n}`)).toMatchObject({
        ...{ type: 'UpdateCancelRefused', data: { code: 'update-installing' } },
      });
    }
    await ask('r_force', { update_id: body['update_id'], force: true, reason: 'silent since Monday' });
    expect(await answers('r_force')).toMatchObject({
      ...{ type: 'UpdateCancelled', data: { code: 'abandoned', reason: 'silent since Monday' } },
    });
    expect(await update('dev_1', { version: '1.0.0', force: true })).toMatchObject({ body: { status: 'dispatched' } });
  });

  it('is told of an older one that it has ended, and need not know its device for that either', async () => {
    await fleet.join(['dev_1', 'dev_2']);
    const { body } = await update('dev_1');
    await cancel(body['update_id']);
    await update('dev_1');
    await ask('r_5', { update_id: body['update_id'] });
    await ask('r_6', { update_id: body['update_id'], device_id: 'dev_1' });
    await eventually(async () => {
      const seen = (await updates('dev_1')).filter(({ type }) => type === 'UpdateCancelRefused');
      return { found: seen.length === 2 || undefined, seen };
    });
    await ask('r_7', { update_id: body['update_id'], device_id: 'dev_2' });
    expect((await answerTo('r_7')).data).toMatchObject({ code: 'update-unknown' });
  });

  it('is refused what there is not, and what nobody can find', async () => {
    await ask('r_3', { update_id: 'upd_none' });
    expect((await answerTo('r_3')).data).toMatchObject({ code: 'update-unknown' });
    await ask('r_4', { update_id: 'upd_none' }, true);
    expect((await answerTo('r_4')).data).toMatchObject({ code: 'invalid-request' });
  });
});
