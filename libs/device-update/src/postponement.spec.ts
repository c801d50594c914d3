import { describe, expect, it } from 'vitest';
import { POSTPONED_IN_ALL_MAX_S, type StoredEvent } from '@edgeflow/contracts';
import { isDue } from './device-update.decider.js';
import type { RolloutOrder } from './order.js';
import { wakesAt } from './phase-deadline.js';
import {
  at,
  connected,
  contextWith,
  decisionOn,
  disconnected,
  dispatchedUpdate,
  firmware,
  onlineDevice,
  ordered,
  proceed,
  reached,
  runs,
  stateOf,
  stored,
  storedAll,
  withDecision,
} from './story.fixture.js';

const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);

/** Somebody at the device says now that they want it so much later. */
const postpones = (update_id: string, for_s: number, reason?: string) =>
  stored('DeviceUpdatePostponed', {
    ...{ update_id, for_s, until: later(for_s).toISOString() },
    ...(reason !== undefined && { reason }),
  });
const says = (update_id: string, code: string, reported_by: 'device' | 'gateway' = 'device') =>
  stored('DeviceUpdateReported', { update_id, outcome: 'failed', code, message: 'not now, thanks', reported_by });
const decidedAt = (events: readonly StoredEvent[], seconds: number) =>
  proceed(stateOf(events), { ...contextWith(), at: later(seconds) }).facts();

/** An online device whose update somebody has put off by ten minutes. */
function postponedUpdate() {
  const { events, update_id } = dispatchedUpdate();
  return { events: withDecision([...events, postpones(update_id, 600, 'on the road')]), update_id };
}

describe('an update that somebody at the device puts off', () => {
  it('stays open, and its deadline moves by as much', () => {
    const { events, update_id } = dispatchedUpdate();
    const [fact, ...more] = decisionOn([...events, postpones(update_id, 600, 'on the road')]).facts();
    expect(more).toEqual([]);
    expect(fact).toMatchObject({
      type: 'UpdatePostponed',
      data: {
        ...{ update_id, number: 1, version: '2.0.0', reason: 'on the road', postponed_s: 600 },
        ...{ until: later(600).toISOString(), deadline_at: later(3600 + 600).toISOString() },
      },
    });
  });

  it('is dispatched again when its time has come, and not a moment earlier', () => {
    const { events, update_id } = postponedUpdate();
    expect(isDue(stateOf(events))).toBe(false);
    expect(wakesAt(stateOf(events).update)).toBe(later(600).toISOString());
    expect(decidedAt(events, 599)).toEqual([]);
    expect(decidedAt(events, 600)).toMatchObject([
      { type: 'UpdateDispatched', data: { update_id, postponed_s: 600, deadline_at: later(4200).toISOString() } },
    ]);
  });

  it('waits for a device that is away then, and for nothing once it comes', () => {
    const { events } = postponedUpdate();
    const away = [...events, disconnected()];
    expect(wakesAt(stateOf(away).update, false)).toBe(later(4200).toISOString());
    expect(decidedAt(away, 700)).toEqual([]);
    expect(decidedAt([...away, connected('ses_2')], 700)).toMatchObject([{ type: 'UpdateDispatched' }]);
  });

  it('is not dispatched to a device that comes back before its time', () => {
    const { events } = postponedUpdate();
    const back = [...events, disconnected(), connected('ses_2'), runs('1.0.0', 'boot_2')];
    expect(isDue(stateOf(back))).toBe(false);
    expect(decidedAt(back, 10)).toEqual([]);
  });

  it('can be put off again, until another time: what had not passed yet does not count twice', () => {
    const { events, update_id } = postponedUpdate();
    expect(decisionOn([...events, postpones(update_id, 60)]).facts()).toMatchObject([
      { type: 'UpdatePostponed', data: { until: later(60).toISOString(), postponed_s: 60 } },
    ]);
    expect(decisionOn([...events, postpones(update_id, 60)]).facts()).toMatchObject([
      { data: { deadline_at: later(3660).toISOString() } },
    ]);
  });

  it('is put off for thirty days in all, however often', () => {
    const { events, update_id } = dispatchedUpdate();
    const tooLong = decisionOn([...events, postpones(update_id, POSTPONED_IN_ALL_MAX_S + 1)]).facts();
    expect(tooLong).toMatchObject([{ data: { postponed_s: POSTPONED_IN_ALL_MAX_S } }]);
  });

  it('begins before its time where the device does', () => {
    const { events, update_id } = postponedUpdate();
    const begun = [...events, reached(update_id, 'downloading')];
    expect(isDue(stateOf(begun))).toBe(true);
    expect(stateOf(withDecision(begun)).update).toMatchObject({ status: 'dispatched', phase: 'downloading' });
    const installed = withDecision([...begun, reached(update_id, 'installing')]);
    expect(decisionOn([...installed, runs('1.0.0', 'boot_2')]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'came-back-on-old-version' } },
    ]);
  });

  it('is not put off any more once it installs', () => {
    const { events, update_id } = dispatchedUpdate();
    const installing = [...events, reached(update_id, 'installing'), postpones(update_id, 600)];
    expect(decisionOn(installing).facts()).toEqual([]);
  });

  it('ends as put off for too long, and not as failed, when its time runs out unbegun', () => {
    const { events, update_id } = postponedUpdate();
    const again = [...events, ...decidedAt(events, 600).map(({ type, data }) => stored(type, data as never))];
    expect(decidedAt(again, 4200)).toMatchObject([{ type: 'UpdateCancelled', data: { code: 'postponed-too-long' } }]);
    const begun = [...again, reached(update_id, 'downloading')];
    expect(decidedAt(begun, 4200)).toMatchObject([{ type: 'UpdateFailed', data: { code: 'deadline-exceeded' } }]);
  });

  it.each(['withdrawn', 'refused while it waited'] as const)('can still be %s', (how) => {
    const { events, update_id } = postponedUpdate();
    const ended = how === 'withdrawn' ? stored('DeviceRevoked', { revoked_by: 'ann' }) : says(update_id, 'declined');
    expect(decisionOn([...events, ended]).facts()).toMatchObject([{ type: 'UpdateCancelled' }]);
  });

  it('has ended where the device says so just as it is dispatched again', () => {
    const { events, update_id } = postponedUpdate();
    const dispatch = decidedAt(events, 600).map(({ type, data }) => stored(type, data as never));
    const both = [...events, says(update_id, 'install-failed'), ...dispatch];
    expect(decisionOn(both).facts()).toMatchObject([{ type: 'UpdateFailed', data: { code: 'install-failed' } }]);
  });
});

describe('an update of a rollout that somebody at the device puts off', () => {
  const order: RolloutOrder = {
    ...{ update_id: 'upd_r', request_id: 'req_r', version: '2.0.0', force: false, when_offline: 'queue', key: 'upd_r' },
    ...{ of: { rollout_id: 'rol_1', wave: 0, attempt: 1 }, ref: { id: 'evt_wave', correlation_id: 'evt_req' } },
    ...{ never_back: false, expired: false },
  };
  const carriedOut = () => {
    const facts = ordered(stateOf(onlineDevice()), order).facts();
    return [...onlineDevice(), ...facts.map(({ type, data }) => stored(type, data as never))];
  };
  const putOff = () => withDecision([...carriedOut(), postpones('upd_r', 600)]);
  const orderedAt = (seconds: number, more: Partial<RolloutOrder> = {}, events = putOff()) =>
    ordered(stateOf(events), { ...order, ...more }, { ...contextWith(), at: later(seconds) });
  const nextTry = { of: { ...order.of, attempt: 2 } };

  it('waits for its rollout to tell the device again: how many others are told, that one knows', () => {
    const events = putOff();
    expect(isDue(stateOf(events))).toBe(false);
    expect(wakesAt(stateOf(events).update)).toBe(later(4200).toISOString());
    expect(decidedAt(events, 700)).toEqual([]);
  });

  it('is told again by an order, not before its time, and has the time then that it had left', () => {
    orderedAt(599, nextTry).thenNothing();
    const [fact, ...more] = orderedAt(900, nextTry).facts();
    expect(more).toEqual([]);
    expect(fact).toMatchObject({
      type: 'UpdateDispatched',
      data: { update_id: 'upd_r', attempt: 1, postponed_s: 600, deadline_at: later(4500).toISOString() },
    });
  });

  it('is no matter of another rollout, nor of the way back', () => {
    orderedAt(900, { of: { ...order.of, rollout_id: 'rol_2' } }).thenNothing();
    expect(orderedAt(900, { rollback: true }).facts()[0]?.type).not.toBe('UpdateDispatched');
  });

  it('is taken back where its image may not be offered any more', () => {
    const context = { ...contextWith([{ ...firmware, revoked: true }]), at: later(900) };
    expect(ordered(stateOf(putOff()), { ...order, ...nextTry }, context).facts()).toMatchObject([
      { type: 'UpdateCancelled', data: { code: 'firmware-revoked' } },
    ]);
  });

  it('is begun with before, where the device does, whatever others do', () => {
    const begun = [...putOff(), reached('upd_r', 'downloading')];
    expect(decisionOn(begun).facts()).toMatchObject([{ type: 'UpdateDispatched' }]);
  });
});

describe('an image that is revoked while its device has put it off', () => {
  const revoked = { ...contextWith([{ ...firmware, revoked: true }]), at: later(600) };
  const toldAgain = (events: readonly StoredEvent[]) => proceed(stateOf(events), revoked).facts();

  it('is taken back from one that has not begun with it', () => {
    const { events } = postponedUpdate();
    expect(toldAgain(events)).toMatchObject([{ type: 'UpdateCancelled', data: { code: 'firmware-revoked' } }]);
  });

  it.each<[string, (update_id: string) => readonly StoredEvent[]]>([
    ['before it put it off', (id) => [reached(id, 'downloading'), postpones(id, 600)]],
    ['before it put it off twice', (id) => [reached(id, 'downloading'), postpones(id, 60), postpones(id, 600)]],
    ['although it had put it off', (id) => [postpones(id, 600), reached(id, 'downloading')]],
    ['before that, and then was away', (id) => [reached(id, 'verifying'), postpones(id, 600), disconnected()]],
  ])('is told again to one that had begun with it %s', (_name, story) => {
    const { events, update_id } = dispatchedUpdate();
    const all = story(update_id).reduce<StoredEvent[]>((before, event) => withDecision([...before, event]), events);
    const back = stateOf(all).presence.status === 'online' ? all : [...all, connected('ses_2')];
    const told = stateOf(back).update.status === 'dispatched' ? back : [...back, ...storedAll(toldAgain(back))];
    expect(stateOf(told).update).toMatchObject({ status: 'dispatched', plan: { update_id } });
    // And once more: what it had begun with stays begun.
    const again = withDecision([...told, postpones(update_id, 600)]);
    expect(toldAgain(again)).toMatchObject([{ type: 'UpdateDispatched', data: { update_id } }]);
  });

  it('is told to one that begins early after that', () => {
    const { events, update_id } = postponedUpdate();
    expect(toldAgain([...events, reached(update_id, 'downloading')])).toMatchObject([{ type: 'UpdateDispatched' }]);
  });
});

describe('an update that somebody at the device declines', () => {
  it('is cancelled, and has not failed', () => {
    const { events, update_id } = dispatchedUpdate();
    expect(decisionOn([...events, says(update_id, 'declined')]).facts()).toMatchObject([
      { type: 'UpdateCancelled', data: { code: 'declined', detail: 'not now, thanks' } },
    ]);
  });

  it.each(['installing', 'rebooting'] as const)('has failed where it is %s: nobody has a choice then', (phase) => {
    const { events, update_id } = dispatchedUpdate();
    expect(decisionOn([...events, reached(update_id, phase), says(update_id, 'declined')]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'declined' } },
    ]);
    const early = [...postponedUpdate().events, reached(update_id, phase), says(update_id, 'declined')];
    expect(decisionOn(early).facts()).toMatchObject([{ type: 'UpdateFailed', data: { code: 'declined' } }]);
  });

  it('is one that the device declines: nobody else can', () => {
    const { events, update_id } = dispatchedUpdate();
    expect(decisionOn([...events, says(update_id, 'declined', 'gateway')]).facts()).toMatchObject([
      { type: 'UpdateFailed', data: { code: 'declined' } },
    ]);
  });
});
