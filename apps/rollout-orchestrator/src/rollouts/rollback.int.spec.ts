import { beforeEach, describe, expect, it } from 'vitest';
import { updateStream, type DataOf } from '@edgeflow/contracts';
import { type Fleet, ids, streamOf } from '../testing/fleet.fixture.js';
import { eachInAWorld } from '../testing/each-in-a-world.fixture.js';
import { type World, eventually, type Answer } from '../testing/world.fixture.js';

let world: World;
let fleet: Fleet;

eachInAWorld(['2.0.0'], (its) => ({ world, fleet } = its));

const north = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'all_at_once' } };
const orBack = { ...north, failure: { count: 99, action: 'rollback' } };

/** A dry run, once the orchestrator has read of so many devices. */
const planOf = (body: object, eligible: number): Promise<Answer['body']> =>
  eventually(async () => {
    const { body: plan } = await world.ask('POST', 'rollouts?dry_run=true', body);
    return { found: plan['eligible'] === eligible ? plan : undefined, seen: plan };
  });

async function completed(body: object = north): Promise<string> {
  const id = await world.rollout(body);
  await world.reaches(id, 'completed');
  return id;
}

const endOf = async (id: string) =>
  (await world.events(id)).findLast(({ type }) => type === 'RollbackCompleted')?.data as DataOf<'RollbackCompleted'>;

describe('the way back to a version that is there for another model only', () => {
  beforeEach(async () => {
    await world.firmware('1.0.0', { model: 'm2' });
    await fleet.join(ids(2), { fleet: 'north' });
    // They have said what they run.
    await planOf({ ...north, target: { filter: { fleet: 'north', version: '1.0.0' } } }, 2);
  });

  it('is none, as dry run, answer, event and resource say beforehand', async () => {
    const no_way_back = { 'firmware-unknown': 2 };
    expect(await planOf(orBack, 2)).toMatchObject({ no_way_back });
    expect(await planOf(north, 2)).not.toHaveProperty('no_way_back');
    const { status, body } = await world.ask('POST', 'rollouts', orBack);
    expect({ status, body }).toMatchObject({ status: 202, body: { status: 'decided', no_way_back } });
    const [accepted] = await world.events(String(body.rollout_id));
    expect(accepted).toMatchObject({ type: 'RolloutAccepted', data: { no_way_back } });
    expect(await world.reaches(String(body.rollout_id), 'completed')).toMatchObject({ no_way_back });
  });

  it('is none of a device that has not said what it runs, and there is one once the image is there', async () => {
    await fleet.join(['dev_mute'], { fleet: 'north', online: false });
    expect(await planOf(orBack, 3)).toMatchObject({ no_way_back: { 'firmware-unknown': 2, 'no-good-version': 1 } });
    await world.firmware('1.0.0');
    await eventually(async () => {
      const plan = await planOf(orBack, 3);
      const codes = Object.keys(plan['no_way_back'] as object);
      return { found: codes.length === 1 || undefined, seen: plan };
    });
  });

  it('leaves the rollback incomplete, with codes and words, until the image is uploaded and it is tried again', async () => {
    const id = await completed();
    await world.act(id, 'rollback');
    const back = await world.reaches(id, 'rollback_incomplete');
    expect(back).toMatchObject({
      allowed_actions: ['retry'],
      rollback: { incomplete: 2, codes: { 'firmware-unknown': 2 }, waves: [{ failed: 2, skipped: 0 }] },
    });
    expect(await endOf(id)).toMatchObject({ incomplete: 2, codes: { 'firmware-unknown': 2 } });
    const detail = expect.stringContaining('1.0.0 for m1') as string;
    expect(await world.members(id, { stage: 'rollback' })).toMatchObject([{ detail }, { detail }]);
    // In vain at first, and each time by events of its own.
    expect(await world.act(id, 'retry')).toMatchObject({ status: 202 });
    await eventually(async () => {
      const ends = (await world.events(id)).filter(({ type }) => type === 'RollbackCompleted');
      return { found: ends.length === 2 || undefined };
    });
    await world.firmware('1.0.0');
    await eventually(async () => ({ found: (await planOf({ ...north, version: '1.0.0' }, 2)) || undefined }));
    expect(await world.act(id, 'retry')).toMatchObject({ status: 202 });
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({
      allowed_actions: [],
      rollback: { incomplete: 0, codes: {}, waves: [{ eligible: 2, succeeded: 2, failed: 0 }] },
    });
    expect(ids(2).map((device) => fleet.versionOf(device))).toEqual(['1.0.0', '1.0.0']);
  });
});

describe('a rollback', () => {
  it('is whole without a device that was revoked', async () => {
    await world.firmware('1.0.0');
    await fleet.join(ids(2), { fleet: 'north' });
    const id = await completed();
    await world.happen(streamOf('dev_01'), {
      type: 'DeviceRevoked',
      data: { device_id: 'dev_01', revoked_by: 'spec' },
    });
    await world.act(id, 'rollback');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({
      rollback: { incomplete: 0, waves: [{ succeeded: 1, skipped: 1 }] },
    });
  });

  it('brings back a device that had failed and comes up on the version once it was over', async () => {
    await world.firmware('1.0.0');
    await fleet.join(ids(2), { fleet: 'north' });
    fleet.behaviour = (id, version) => (id === 'dev_01' && version === '2.0.0' ? 'comes-back-old' : 'installs');
    const id = await completed();
    await world.act(id, 'rollback');
    await world.reaches(id, 'rolled_back');
    fleet.runs('dev_01', '2.0.0');
    await fleet.hello('dev_01');
    const back = await world.until(id, ({ state, rollback }) => {
      return state === 'rolled_back' && rollback?.waves[0]?.succeeded === 2;
    });
    expect(back.rollback).toMatchObject({ incomplete: 0 });
    expect(fleet.versionOf('dev_01')).toBe('1.0.0');
  });

  it('leaves a device alone that another update has brought to the version', async () => {
    await world.firmware('1.0.0');
    await fleet.join(ids(2), { fleet: 'north' });
    fleet.behaviour = (id, version) => (id === 'dev_01' && version === '2.0.0' ? 'fails' : 'installs');
    const id = await completed();
    fleet.behaviour = () => 'installs';
    await world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0' });
    await eventually(async () => ({ found: fleet.versionOf('dev_01') === '2.0.0' || undefined }));
    await eventually(async () => {
      const plan = await planOf(north, 0);
      return { found: plan };
    });
    await world.act(id, 'rollback');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({ rollback: { waves: [{ eligible: 1 }] } });
    expect(fleet.versionOf('dev_01')).toBe('2.0.0');
  });
});

describe('a rollback and what else is wanted of its devices', () => {
  const update = async (device_id: string, version: string, more: object = {}) => {
    const answer = await world.ask('POST', 'updates', { device_id, version, ...more });
    expect(answer).toMatchObject({ status: 202 });
    return String(answer.body['update_id']);
  };
  const endsOf = async (update_id: string) =>
    (await world.log.read(updateStream({ org: 'acme', device_id: 'dev_01' }))).filter(
      ({ type, data }) => type === 'UpdateCancelled' && (data as { update_id: string }).update_id === update_id,
    );
  const tomorrow = () => ({ start_at: new Date(Date.now() + 86_400_000).toISOString() });

  beforeEach(async () => {
    await world.firmware('1.0.0');
    await world.firmware('3.0.0');
    await fleet.join(ids(2), { fleet: 'north' });
  });

  it('goes before an update that waits for its start, of the rollout and of one device alone', async () => {
    const id = await completed();
    const held = await update('dev_01', '3.0.0', tomorrow());
    await world.act(id, 'rollback');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({ rollback: { waves: [{ succeeded: 2 }] } });
    expect(await endsOf(held)).toMatchObject([{ data: { code: 'superseded', superseded_by: id } }]);
    await update('dev_01', '3.0.0');
    await eventually(async () => ({ found: fleet.versionOf('dev_01') === '3.0.0' || undefined }));
    const again = await eventually(async () => {
      const answer = await world.ask('POST', 'updates', { device_id: 'dev_01', version: '2.0.0', ...tomorrow() });
      return { found: answer.status === 202 ? String(answer.body['update_id']) : undefined, seen: answer };
    });
    const back = await world.ask('POST', 'devices/dev_01/rollback', { reason: 'it rattles' });
    expect(back).toMatchObject({ status: 202, body: { status: 'dispatched' } });
    expect(await endsOf(again)).toMatchObject([{ data: { code: 'superseded' } }]);
    await eventually(async () => ({ found: fleet.versionOf('dev_01') === '1.0.0' || undefined }));
  });

  it('goes before an update that somebody there has put off', async () => {
    const id = await completed();
    fleet.postpone_s = 3_600;
    fleet.behaviour = (_device, version) => (version === '3.0.0' ? 'postpones' : 'installs');
    const off = await update('dev_01', '3.0.0');
    await eventually(async () => {
      const seen = await world.log.read(updateStream({ org: 'acme', device_id: 'dev_01' }));
      return { found: seen.find(({ type }) => type === 'UpdatePostponed'), seen };
    });
    await world.act(id, 'rollback');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({ rollback: { waves: [{ succeeded: 2 }] } });
    expect(await endsOf(off)).toMatchObject([{ data: { code: 'superseded', superseded_by: id } }]);
  });

  it('leaves a device where another update has brought it before it is tried again', async () => {
    const id = await completed();
    fleet.behaviour = (device, version) => (device === 'dev_01' && version === '1.0.0' ? 'fails' : 'installs');
    await world.act(id, 'rollback');
    await world.reaches(id, 'rollback_incomplete');
    fleet.behaviour = () => 'installs';
    await update('dev_01', '3.0.0');
    await eventually(async () => {
      const seen = await world.log.read(updateStream({ org: 'acme', device_id: 'dev_01' }));
      return { found: seen.find(({ type }) => type === 'UpdateCompleted' && seen.at(-1)?.type === type), seen };
    });
    await world.act(id, 'retry');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({
      rollback: { incomplete: 0, waves: [{ succeeded: 1, skipped: 1, superseded: 1 }] },
    });
    expect(fleet.versionOf('dev_01')).toBe('3.0.0');
  });

  it('brings back a device that was out of service when it is in it again, and somebody asks for it', async () => {
    const id = await completed();
    const data = { device_id: 'dev_01' };
    await world.happen(streamOf('dev_01'), { type: 'DeviceRevoked', data: { ...data, revoked_by: 'spec' } });
    await world.act(id, 'rollback');
    expect(await world.reaches(id, 'rolled_back')).toMatchObject({
      ...{ allowed_actions: ['retry'], rollback: { revoked: 1, waves: [{ succeeded: 1, skipped: 1 }] } },
    });
    await world.happen(streamOf('dev_01'), { type: 'DeviceReinstated', data: { ...data, reinstated_by: 'spec' } });
    expect(await world.act(id, 'retry')).toMatchObject({ status: 202 });
    const back = await world.until(id, ({ state, rollback }) => state === 'rolled_back' && rollback?.revoked === 0);
    expect(back).toMatchObject({ allowed_actions: [], rollback: { waves: [{ succeeded: 2, skipped: 0 }] } });
    expect(fleet.versionOf('dev_01')).toBe('1.0.0');
  });
});
