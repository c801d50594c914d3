import { toEvent, type DataOf, type Fact, type StoredEvent } from '@edgeflow/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fleet, ids } from './testing/fleet.fixture.js';
import { World, eventually } from './testing/world.fixture.js';

const ORGS = ['acme', 'globex'] as const;
type Org = (typeof ORGS)[number];
const SHA: Record<Org, string> = { acme: 'a'.repeat(64), globex: 'b'.repeat(64) };

let world: World;
let fleets: Record<Org, Fleet>;

beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
/** Both organizations have devices, a fleet and versions of the same names. */
beforeEach(async () => {
  await world.begin();
  fleets = { acme: new Fleet(world), globex: new Fleet(world) };
  await world.policy('optional', 'allowed', 'globex');
  for (const org of ORGS) {
    for (const version of ['1.0.0', '2.0.0']) await world.firmware(version, { org, sha256: SHA[org] });
    await fleets[org].join(ids(3), { org, fleet: 'north' });
  }
});
afterEach(async () => {
  for (const org of ORGS) fleets[org].stop();
  expect(ORGS.flatMap((org) => fleets[org].errors)).toEqual([]);
  await world.end();
});

const toTwo = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'all_at_once' } };
const waitingForApproval = { ...toTwo, approval: 'start' };
const request = (org: Org, entity_id: string, fact: Fact) => world.happen({ org, entity: 'request', entity_id }, fact);
const stream = (org: Org, entity: 'update' | 'rollout', entity_id: string) =>
  world.log.read({ org, entity, entity_id });
const versions = (org: Org) => ids(3).map((id) => fleets[org].versionOf(id));

/** What a device was told to install. */
async function dispatched(org: Org, device_id: string): Promise<DataOf<'UpdateDispatched'> | undefined> {
  const events = await stream(org, 'update', device_id);
  return events.flatMap((event) => (event.type === 'UpdateDispatched' ? [event.data] : []))[0];
}

/** The refusal of what was asked by event, on the stream that answers it. */
function refusal(org: Org, entity: 'update' | 'rollout', entity_id: string) {
  return eventually(async () => {
    const events = await stream(org, entity, entity_id);
    return { found: events.find(({ data }) => 'code' in data), seen: events.map(({ type }) => type) };
  });
}

describe('two organizations with devices, fleets and versions of the same names', () => {
  it('roll out to their own devices, of which one’s reports end nothing of the other’s', async () => {
    fleets.globex.behaviour = () => 'is-silent';
    const theirs = await world.rollout(toTwo, 'globex');
    await world.until(theirs, ({ waves }) => waves[0]?.in_flight === 3, 'globex');
    const mine = await world.rollout(toTwo);
    expect(await world.reaches(mine, 'completed')).toMatchObject({ eligible: 3, succeeded: 3 });
    expect([versions('acme'), versions('globex')]).toEqual([Array(3).fill('2.0.0'), Array(3).fill('1.0.0')]);
    expect(await world.resource(theirs, 'globex')).toMatchObject({ state: 'running', waves: [{ in_flight: 3 }] });
  });

  it('install their own images', async () => {
    for (const org of ORGS) await world.reaches(await world.rollout(toTwo, org), 'completed', org);
    for (const org of ORGS) {
      const update = await dispatched(org, 'dev_01');
      expect([update?.sha256, update?.key]).toEqual([SHA[org], expect.stringMatching(new RegExp(`^firmware/${org}/`))]);
    }
  });

  it('are decided on in one go, each by its own firmware', async () => {
    const data = { device_id: 'dev_01', version: '2.0.0' };
    const asked = ORGS.map((org) => {
      const about = { id: `evt_${org}`, source: '/team', time: new Date().toISOString() };
      return toEvent({ org, entity: 'request', entity_id: 'req_1' }, { type: 'UpdateRequested', data }, about);
    });
    await world.log.append(asked, { after: 0 });
    for (const org of ORGS) {
      const update = await eventually(async () => ({ found: await dispatched(org, 'dev_01') }));
      expect(update.sha256).toBe(SHA[org]);
    }
  });

  it('are not held up by the other’s window, urgent rollouts, policy or revoked firmware', async () => {
    const window = { cron: '0 0 1 1 *', duration_s: 1, time_zone: 'UTC' };
    await request('globex', 'req_window', { type: 'FleetWindowRequested', data: { fleet: 'north', window } });
    const urgent = await world.rollout({ ...toTwo, priority: 100 }, 'globex');
    await world.reaches(urgent, 'running', 'globex');
    await world.revoke('2.0.0', { org: 'globex' });
    await world.policy('required', 'refused', 'globex');
    const mine = await world.rollout(toTwo);
    expect(await world.reaches(mine, 'completed')).toMatchObject({ succeeded: 3 });
  });

  it('may use the same idempotency key', async () => {
    const answers = [];
    for (const org of ORGS) answers.push(await world.ask('POST', 'rollouts', waitingForApproval, { org, key: 'one' }));
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[0]?.body.rollout_id).not.toBe(answers[1]?.body.rollout_id);
  });
});

type Ask = () => ReturnType<World['ask']>;

describe('what only another organization has', () => {
  it.each<[string, string, (org: Org) => Promise<void>, Ask, Ask]>([
    [
      'a device',
      'device-unknown',
      (org) => fleets[org].join(['own'], { org }),
      () => world.ask('POST', 'updates', { device_id: 'own', version: '2.0.0' }),
      () => world.ask('POST', 'updates', { device_id: 'nobody', version: '2.0.0' }),
    ],
    [
      'a firmware',
      'firmware-unknown',
      async (org) => void (await world.firmware('9.0.0', { org })),
      () => world.ask('POST', 'updates', { device_id: 'dev_01', version: '9.0.0' }),
      () => world.ask('POST', 'updates', { device_id: 'dev_01', version: '8.0.0' }),
    ],
  ])('is as unknown as what nobody has: %s', async (_name, code, make, theirs, nobodys) => {
    await make('globex');
    for (const ask of [theirs, nobodys]) expect(await ask()).toMatchObject({ status: 404, body: { code } });
    expect(await stream('globex', 'update', 'own')).toEqual([]);
  });

  it('is as unknown as what nobody has: a rollout, by HTTP and by event', async () => {
    const theirs = await world.rollout(waitingForApproval, 'globex');
    await world.reaches(theirs, 'awaiting_approval', 'globex');
    for (const action of ['approve', 'pause', 'resume', 'abort', 'retry', 'rollback']) {
      expect(await world.act(theirs, action)).toMatchObject({ status: 404, body: { code: 'rollout-unknown' } });
    }
    await request('acme', 'req_1', { type: 'RolloutAbortRequested', data: { rollout_id: theirs } });
    expect((await refusal('acme', 'rollout', theirs)).data).toMatchObject({ code: 'rollout-unknown' });
    expect(await world.resource(theirs, 'globex')).toMatchObject({ state: 'awaiting_approval' });
    expect((await stream('globex', 'rollout', theirs)).map(({ type }) => type)).not.toContain('RolloutAborted');
  });

  it('is not moved by an event that names it: a device', async () => {
    await fleets.globex.join(['own'], { org: 'globex' });
    await request('acme', 'req_1', { type: 'UpdateRequested', data: { device_id: 'own', version: '2.0.0' } });
    expect((await refusal('acme', 'update', 'own')).data).toMatchObject({ code: 'device-unknown' });
    await request('acme', 'req_2', { type: 'RollbackRequested', data: { device_id: 'dev_01' } });
    expect((await refusal('acme', 'update', 'dev_01')).data).toMatchObject({ code: 'no-good-version' });
    expect([await stream('globex', 'update', 'own'), await stream('globex', 'update', 'dev_01')]).toEqual([[], []]);
  });
});

describe('a rollout whose id another organization’s has too', () => {
  it('is moved by its own organization’s requests alone', async () => {
    const rollout_id = await world.rollout(waitingForApproval, 'globex');
    await world.reaches(rollout_id, 'awaiting_approval', 'globex');
    await fleets.acme.join(['dev_04'], { fleet: 'north' });
    const plan = (await stream('globex', 'rollout', rollout_id)).map(withOneMore);
    await world.happen({ org: 'acme', entity: 'rollout', entity_id: rollout_id }, ...plan);
    await world.reaches(rollout_id, 'awaiting_approval');
    await request('globex', 'req_1', { type: 'RolloutApproveRequested', data: { rollout_id } });
    expect(await world.reaches(rollout_id, 'completed', 'globex')).toMatchObject({ succeeded: 3 });
    expect(await world.resource(rollout_id)).toMatchObject({ state: 'awaiting_approval', waves: [{ queued: 4 }] });
    expect([versions('acme'), versions('globex')]).toEqual([Array(3).fill('1.0.0'), Array(3).fill('2.0.0')]);
    expect(await stream('globex', 'update', 'dev_04')).toEqual([]);
    await world.act(rollout_id, 'abort');
    await world.reaches(rollout_id, 'aborted');
    expect(await world.resource(rollout_id, 'globex')).toMatchObject({ state: 'completed', succeeded: 3 });
  });
});

/** The plan of another organization's rollout, with a device more. */
function withOneMore({ type, data }: StoredEvent): Fact {
  if (type === 'RolloutAccepted') {
    const accepted = data as DataOf<'RolloutAccepted'>;
    return { type, data: { ...accepted, eligible: 4, waves: [{ eligible: 4, soak_s: 0 }] } };
  }
  const planned = data as DataOf<'RolloutDevicesPlanned'>;
  return {
    type: 'RolloutDevicesPlanned',
    data: { ...planned, devices: [...planned.devices, { device_id: 'dev_04' }] },
  };
}
