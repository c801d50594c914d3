import { describe, expect, it } from 'vitest';
import type { DataOf, StoredEvent } from '@edgeflow/contracts';
import type { RolloutOrder } from './order.js';
import {
  at,
  connected,
  contextWith,
  decisionOn,
  disconnected,
  firmware,
  ordered,
  reached,
  registered,
  requested,
  runs,
  stateOf,
  stored,
  withDecision,
} from './story.fixture.js';

const factory = { ...firmware, firmware_id: 'fw_1', version: '1.0.0' };
const newest = { ...firmware, firmware_id: 'fw_3', version: '3.0.0' };
const entries = [factory, firmware, newest];
const later = (seconds: number) => new Date(at.getTime() + seconds * 1000).toISOString();
const rollback = (request_id = 'req_b') => stored('RollbackRequested', {}, request_id);

/** A device that came from 1.0.0 and runs 2.0.0. */
const moved = () => [registered(), connected(), runs('1.0.0', 'boot_1'), runs('2.0.0', 'boot_2')];
/** The same, with an update to 3.0.0 of its own that is accepted. */
const asked = (spec: Partial<DataOf<'UpdateRequested'>>, events: StoredEvent[] = moved()) =>
  withDecision([...events, requested({ version: '3.0.0', ...spec })], entries);
const held = () => asked({ start_at: later(86_400) });
const awaited = () => asked({ when_offline: 'queue' }, [...moved(), disconnected()]);
const putOff = () => {
  const events = asked({});
  const { update } = stateOf(events);
  const update_id = update.status === 'dispatched' ? update.plan.update_id : '';
  const until = stored('DeviceUpdatePostponed', { update_id, for_s: 600, until: later(600) });
  return withDecision([...events, until], entries);
};

const back: RolloutOrder = {
  ...{ update_id: 'upd_b', request_id: 'req_r', version: '1.0.0', force: false, when_offline: 'queue', key: 'upd_b' },
  ...{ of: { rollout_id: 'rol_1', wave: 0, attempt: 1, rollback: true }, rollback: true, leaves: '2.0.0' },
  ...{ never_back: false, expired: false, ref: { id: 'evt_wave', correlation_id: 'evt_req' } },
};
const ordersBack = (events: readonly StoredEvent[], change: Partial<RolloutOrder> = {}) =>
  ordered(stateOf(events), { ...back, ...change }, contextWith(entries));
const online = (events: StoredEvent[]) => [...events, connected('ses_2')];

describe('an update that only waits gives way to a rollback', () => {
  it.each([
    ['held until its start', held(), 'UpdateDispatched'],
    ['queued for a device that is away', awaited(), 'UpdateQueued'],
    ['put off at the device', putOff(), 'UpdateDispatched'],
  ])('of its device: one that is %s', (_which, events, told) => {
    const facts = decisionOn([...events, rollback()], entries).facts();
    const types = ['RollbackTriggered', 'UpdateCancelled', told];
    expect(facts.map(({ type }) => type)).toEqual(types);
    expect(facts[1]?.data).toMatchObject({ number: 1, version: '3.0.0', code: 'superseded' });
    expect(facts[1]?.data).not.toHaveProperty('superseded_by');
    expect(facts[2]?.data).toMatchObject({ number: 2, version: '1.0.0', rollback: true });
    const after = stateOf([...events, ...facts.map(({ type, data }) => stored(type, data as never))]);
    expect(after).toMatchObject({ last_number: 2, update: { plan: { version: '1.0.0' } } });
  });

  it.each([
    ['held until its start', held()],
    ['queued for a device that was away', online(awaited())],
    ['put off at the device', putOff()],
  ])('of a rollout: one that is %s', (_which, events) => {
    const facts = ordersBack(events).facts();
    expect(facts.map(({ type }) => type)).toEqual(['UpdateCancelled', 'UpdateDispatched']);
    expect(facts[0]?.data).toMatchObject({ version: '3.0.0', code: 'superseded', superseded_by: 'rol_1' });
  });

  it('and its device, which may begin all the same with what it had put off, is known to do so', () => {
    expect(ordersBack(putOff()).facts()[1]?.data).toMatchObject({ abandoned_version: '3.0.0' });
    expect(ordersBack(held()).facts()[1]?.data).not.toHaveProperty('abandoned_version');
  });

  it('only once the device is there', () => {
    ordersBack(awaited()).thenNothing();
    expect(ordersBack(awaited(), { expired: true }).facts()).toMatchObject([
      { type: 'UpdateRejected', data: { code: 'deadline-exceeded' } },
    ]);
  });

  it('and goes on where nothing leads back', () => {
    const facts = decisionOn([...held(), rollback()], [firmware, newest]).facts();
    expect(facts).toMatchObject([{ type: 'UpdateRejected', data: { code: 'firmware-unknown' } }]);
    expect(ordersBack(held(), { version: '2.0.0', leaves: '9.9.9' }).facts()).toMatchObject([
      { type: 'UpdateSkipped', data: { code: 'already-on-target' } },
    ]);
  });

  it.each([
    ['told', asked({})],
    ['the way back itself', withDecision([...moved(), disconnected(), rollback('req_a')], entries)],
  ])('but not one that is %s', (_which, events) => {
    ordersBack(online(events)).thenNothing();
    expect(decisionOn([...events, rollback()], entries).facts()).toMatchObject([
      { type: 'UpdateRejected', data: { code: 'update-in-progress' } },
    ]);
  });

  it('but not one that its device has begun with after all', () => {
    const { last_update_id: update_id = '' } = stateOf(putOff());
    ordersBack([...putOff(), reached(update_id, 'downloading')]).thenNothing();
  });

  it('and to nothing else: the next update is one too many', () => {
    const facts = decisionOn([...held(), requested({ version: '1.0.0', force: true }, 'req_2')], entries).facts();
    expect(facts).toMatchObject([{ type: 'UpdateRejected', data: { code: 'update-in-progress' } }]);
    ordersBack(held(), { rollback: false, version: '3.0.0' }).thenNothing();
  });
});

describe('a device that another update has brought elsewhere', () => {
  const elsewhere = (boot = 'boot_3') => withDecision([...asked({}), runs('3.0.0', boot)], entries);
  const skipped = [{ type: 'UpdateSkipped', data: { code: 'superseded', version: '1.0.0', rollback: true } }];

  it('is not taken back from there', () => {
    expect(ordersBack(elsewhere()).facts()).toMatchObject(skipped);
    expect(ordersBack([...elsewhere(), disconnected()]).facts()).toMatchObject(skipped);
  });

  it('is not either where that is the version of the rollout', () => {
    const again = withDecision([...elsewhere(), requested({ version: '2.0.0' }, 'req_2')], entries);
    expect(ordersBack(withDecision([...again, runs('2.0.0', 'boot_4')], entries)).facts()).toMatchObject(skipped);
  });

  it('is where it went there by itself, or by the rollout', () => {
    expect(ordersBack([...moved(), runs('3.0.0', 'boot_3')]).facts()[0]?.type).toBe('UpdateDispatched');
    const own = { ...back, version: '3.0.0', leaves: '2.0.0' };
    const facts = ordered(stateOf(moved()), own, contextWith(entries)).facts();
    const told = [...moved(), ...facts.map(({ type, data }) => stored(type, data as never))];
    const there = withDecision([...told, runs('3.0.0', 'boot_3')], entries);
    expect(ordersBack(there).facts()[0]?.type).toBe('UpdateDispatched');
  });

  it('and that is revoked is out', () => {
    expect(ordersBack([...elsewhere(), stored('DeviceRevoked', { revoked_by: 'x' })]).facts()).toMatchObject([
      { type: 'UpdateSkipped', data: { code: 'device-revoked' } },
    ]);
  });
});
