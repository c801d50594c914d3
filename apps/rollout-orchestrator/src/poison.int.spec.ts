import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deriveId, Refused, type Address } from '@edgeflow/contracts';
import { JetStreamLog } from '@edgeflow/event-log';
import { poisonFor, type PoisonMessage } from '@edgeflow/testkit';
import { Fleet, ids } from './testing/fleet.fixture.js';
import { World, eventually } from './testing/world.fixture.js';

/** Questions under way at a time. */
const AT_ONCE = 16;

let world: World;
let fleet: Fleet;

beforeAll(async () => {
  world = await World.open();
  await world.begin();
  fleet = new Fleet(world);
  for (const version of ['1.0.0', '2.0.0', '3.0.0', '4.0.0']) await world.firmware(version);
  await fleet.join(ids(6), { fleet: 'north' });
});
afterAll(async () => {
  fleet.stop();
  await world.end();
  await world.close();
});

const address = (entity: Address['entity'], entity_id: string, type: string): Address => ({
  org: 'acme',
  entity,
  entity_id,
  type,
});
/** An event of a version that a release of tomorrow writes. */
const newer = (of: Address): PoisonMessage[] => poisonFor(of, {}).filter(({ name }) => name === 'the next version');
const ready = async () => {
  const response = await fetch(`${world.service.url}/readyz`);
  return {
    status: response.status,
    body: (await response.json()) as { status: string; details: Record<string, object> },
  };
};
const update = (device_id: string, version: string, more: object = {}) =>
  world.ask('POST', 'updates', { device_id, version, ...more });
const last = async () => (await world.log.state()).last;

describe('every kind of poison in front of the orchestrator', () => {
  it('locks no device out, whichever stream it stands in, and keeps no update past its deadline open', async () => {
    await world.raw([
      ...poisonFor(address('update', 'dev_01', 'UpdateQueued'), {}),
      ...poisonFor(address('device', 'dev_01', 'DeviceVersionReported'), {}),
      ...poisonFor(address('request', 'req_x', 'UpdateRequested'), {}),
      ...poisonFor(address('firmware', deriveId('fw', 'acme', 'm1', '2.0.0'), 'FirmwareSigned'), {}),
    ]);
    expect(await update('dev_01', '2.0.0')).toMatchObject({ status: 202, body: { status: 'dispatched' } });
    await eventually(async () => ({
      found: fleet.versionOf('dev_01') === '2.0.0' || undefined,
      seen: fleet.dispatched,
    }));
    fleet.behaviour = () => 'is-silent';
    expect(await update('dev_01', '3.0.0', { deadline_s: 1 })).toMatchObject({ status: 202 });
    await eventually(async () => {
      const events = await world.log.read({ org: 'acme', entity: 'update', entity_id: 'dev_01' });
      const failed = events.find((event) => event.type === 'UpdateFailed' && event.data.code === 'deadline-exceeded');
      return { found: failed, seen: events.map(({ type }) => type) };
    });
    fleet.behaviour = () => 'installs';
  });

  it('stops no rollout in whose stream it stands, nor one whose devices it concerns', async () => {
    const target = { devices: ['dev_02', 'dev_03'] };
    const id = await world.rollout({ version: '2.0.0', target, strategy: { type: 'all_at_once' }, approval: 'start' });
    await world.reaches(id, 'awaiting_approval');
    await world.raw([
      ...poisonFor(address('rollout', id, 'RolloutPaused'), {}),
      ...poisonFor(address('update', 'dev_02', 'UpdateQueued'), {}),
    ]);
    expect(await world.act(id, 'approve')).toMatchObject({ status: 202 });
    expect(await world.reaches(id, 'completed')).toMatchObject({ succeeded: 2, failed: 0 });
  });

  it('nor does a rollout about which nothing can be written stop another, the less urgent one', async () => {
    const append = JetStreamLog.prototype.append;
    let refused = 0;
    const bad = new Set<string>();
    const spy = vi.spyOn(JetStreamLog.prototype, 'append').mockImplementation(function (this: JetStreamLog, ...args) {
      const isBad = args[0].some(({ type, entity_id }) => bad.has(entity_id) && type !== 'RolloutRequested');
      if (isBad) refused += 1;
      return isBad ? Promise.reject(new Refused('event-invalid', 'spec')) : append.apply(this, args);
    });
    try {
      const strategy = { type: 'all_at_once' };
      const gated = { version: '2.0.0', target: { devices: ['dev_04'] }, strategy, approval: 'start', priority: 1 };
      const first = await world.rollout(gated);
      await world.reaches(first, 'awaiting_approval');
      bad.add(first);
      const approved = world.act(first, 'approve');
      const second = await world.rollout({ version: '2.0.0', target: { devices: ['dev_05'] }, strategy });
      expect(await world.reaches(second, 'completed')).toMatchObject({ succeeded: 1, failed: 0 });
      expect(refused).toBeGreaterThan(0);
      bad.clear();
      expect(await approved).toMatchObject({ status: 202 });
      expect(await world.reaches(first, 'completed')).toMatchObject({ succeeded: 1, failed: 0 });
    } finally {
      spy.mockRestore();
    }
  });

  it('as the first that was ever said of a device, or of a rollout, is no obstacle either', async () => {
    await world.raw(newer(address('update', 'dev_new', 'UpdateQueued')));
    await fleet.join(['dev_new'], { fleet: 'south' });
    expect(await update('dev_new', '2.0.0')).toMatchObject({ status: 202, body: { status: 'dispatched' } });
  });
});

describe('what must not be believed away', () => {
  it('counts though it cannot be read: a revoked device gets no update', async () => {
    await world.raw(newer(address('device', 'dev_04', 'DeviceRevoked')));
    expect(await update('dev_04', '2.0.0')).toMatchObject({ status: 409, body: { code: 'device-revoked' } });
  });

  it('counts though it cannot be read: revoked firmware goes to no device', async () => {
    await world.raw(newer(address('firmware', deriveId('fw', 'acme', 'm1', '4.0.0'), 'FirmwareRevoked')));
    expect(await update('dev_05', '4.0.0')).toMatchObject({ status: 409, body: { code: 'firmware-revoked' } });
  });

  it('counts though it cannot be read: a policy may have asked for signatures', async () => {
    await world.raw(newer(address('trust', 'acme', 'SigningPolicyChanged')));
    expect(await update('dev_05', '2.0.0')).toMatchObject({ body: { code: 'signature-required' } });
    await world.policy('optional');
    expect(await update('dev_05', '2.0.0')).toMatchObject({ status: 202 });
  });
});

describe('an event that was set aside', () => {
  it('leaves the service ready and degraded, with its stream, until everything is acknowledged', async () => {
    const { status, body } = await ready();
    expect({ status, says: body.status }).toEqual({ status: 200, says: 'degraded' });
    expect(JSON.stringify(body.details['set_aside'])).toContain('ota.acme.update.dev_01');
    expect(body.details).toMatchObject({ fold: { status: 'up' } });
    const end = await last();
    const acknowledge = (position: number) =>
      world.ask('POST', `events/aside/${position}/acknowledge`, { reason: 'seen' });
    const answers: Awaited<ReturnType<typeof acknowledge>>[] = [];
    for (let from = 1; from <= end; from += AT_ONCE) {
      const positions = Array.from({ length: Math.min(AT_ONCE, end + 1 - from) }, (_, index) => from + index);
      answers.push(...(await Promise.all(positions.map(acknowledge))));
    }
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202, 404]));
    expect(answers[0]).toMatchObject({ status: 404, body: { code: 'event-unknown' } });
    await eventually(async () => {
      const now = await ready();
      return { found: now.body.status === 'ok' || undefined, seen: now };
    });
  });

  it('is acknowledged by operators of its organization, at a position that is one', async () => {
    const position = await world.raw(newer(address('update', 'dev_06', 'UpdateQueued')));
    const path = `events/aside/${position}/acknowledge`;
    expect(await world.ask('POST', path, {}, { org: 'globex' })).toMatchObject({
      status: 404,
      body: { code: 'event-unknown' },
    });
    expect(await world.ask('POST', path, {}, { role: 'viewer' })).toMatchObject({ status: 403 });
    for (const bad of ['x', '0', '-1', '1e3', '99999999999999999']) {
      expect(await world.ask('POST', `events/aside/${bad}/acknowledge`, {})).toMatchObject({ status: 400 });
    }
    const first = await world.ask('POST', path, { reason: 'a release that was taken back' });
    expect(first).toMatchObject({ status: 202, body: { position: expect.any(Number) } });
    expect(await world.ask('POST', path)).toMatchObject({ status: 202 });
    const [event] = (await world.log.read({ org: 'acme', entity: 'audit', entity_id: 'rollout-orchestrator' })).filter(
      (one) => one.position === first.body['position'],
    );
    expect(event).toMatchObject({
      type: 'SetAsideAcknowledged',
      data: { position, acknowledged_by: 'ops', reason: 'a release that was taken back' },
    });
  });
});
