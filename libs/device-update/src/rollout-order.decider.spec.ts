import { describe, expect, it } from 'vitest';
import { PHASES, type StoredEvent } from '@edgeflow/contracts';
import type { EventRef } from './device-lane.js';
import { rolloutUpdateId, type RolloutOrder } from './order.js';
import { decideOrder, withdraw, type Withdrawal } from './rollout-order.decider.js';
import {
  around,
  at,
  connected,
  disconnected,
  dispatchedUpdate,
  firmware,
  laneOf,
  onlineDevice,
  reached,
  registered,
  runs,
  stored,
} from './story.fixture.js';

const ref: EventRef = { id: 'evt_wave', correlation_id: 'evt_req' };
const orderOf = (change: Partial<RolloutOrder> = {}): RolloutOrder => ({
  ...{ update_id: 'upd_r', request_id: 'req_r', version: '2.0.0', force: false, when_offline: 'queue' },
  ...{ of: { rollout_id: 'rol_1', wave: 2, attempt: 1 }, ref, key: 'upd_r', never_back: false, expired: false },
  ...change,
});
const decided = (events: readonly StoredEvent[], change?: Partial<RolloutOrder>, entries = [firmware]) =>
  decideOrder(laneOf(events), orderOf(change), around(entries));
const answer = (...given: Parameters<typeof decided>) => {
  const [fact] = decided(...given)?.facts ?? [];
  return fact && [fact.type, (fact.data as { code?: string }).code];
};
/** The device after the order was carried out. */
const ordered = (change?: Partial<RolloutOrder>): StoredEvent[] => {
  const facts = decided(onlineDevice(), change)?.facts ?? [];
  return [...onlineDevice(), ...facts.map((fact) => stored(fact.type, fact.data as never))];
};

describe('an order of a rollout', () => {
  it('is dispatched at once to a device that is there', () => {
    const decision = decided(onlineDevice(), { deadline_s: 60, deadlines: { rebooting_s: 5 }, requested_by: 'ann' });
    expect(decision).toMatchObject({ cause: ref, key: 'upd_r' });
    expect(decision?.facts).toMatchObject([
      {
        type: 'UpdateQueued',
        data: { update_id: 'upd_r', rollout_id: 'rol_1', wave: 2, attempt: 1, requested_by: 'ann' },
      },
      {
        type: 'UpdateDispatched',
        data: {
          ...{ rollout_id: 'rol_1', wave: 2, attempt: 1, from_version: '1.0.0', deadlines: { rebooting_s: 5 } },
          deadline_at: new Date(at.getTime() + 60_000).toISOString(),
        },
      },
    ]);
  });

  it('says that it leads back', () => {
    const of = { rollout_id: 'rol_1', wave: 0, attempt: 1, rollback: true as const };
    expect(decided(onlineDevice(), { of })?.facts[1]?.data).toMatchObject({ rollback: true });
  });

  it.each<[string, string, string, Parameters<typeof decided>]>([
    ['a device that is unknown', 'UpdateSkipped', 'device-unknown', [[connected()]]],
    [
      'a revoked device',
      'UpdateSkipped',
      'device-revoked',
      [[...onlineDevice(), stored('DeviceRevoked', { revoked_by: 'x' })]],
    ],
    ['a device of another model', 'UpdateSkipped', 'model-mismatch', [[registered('m2'), connected()]]],
    [
      'a device on too old a version',
      'UpdateSkipped',
      'min-version-not-met',
      [onlineDevice(), {}, [{ ...firmware, min_version: '1.5.0' }]],
    ],
    [
      'a device that is on it already',
      'UpdateSkipped',
      'already-on-target',
      [[...onlineDevice(), runs('2.0.0', 'boot_2')]],
    ],
    [
      'a newcomer on a newer version',
      'UpdateSkipped',
      'newer-version',
      [[...onlineDevice(), runs('3.0.0', 'boot_2')], { never_back: true }],
    ],
    ['an unknown version', 'UpdateRejected', 'firmware-unknown', [onlineDevice(), { version: '9.0.0' }]],
    ['a revoked version', 'UpdateRejected', 'firmware-revoked', [onlineDevice(), {}, [{ ...firmware, revoked: true }]]],
    [
      'a device that stays offline',
      'UpdateRejected',
      'deadline-exceeded',
      [[...onlineDevice(), disconnected()], { expired: true }],
    ],
    ['a device that stays busy', 'UpdateRejected', 'deadline-exceeded', [dispatchedUpdate().events, { expired: true }]],
  ])('for %s ends as %s', (_name, type, code, given) => {
    expect(answer(...given)).toEqual([type, code]);
    expect(decided(...given)?.facts[0]?.data).toMatchObject({
      rollout_id: 'rol_1',
      wave: 2,
      attempt: 1,
      request_id: 'req_r',
    });
  });

  it.each<[string, StoredEvent[]]>([
    ['is offline', [...onlineDevice(), disconnected()]],
    ['is busy with another update', dispatchedUpdate().events],
    ['has an update whose end is not written yet', [...dispatchedUpdate().events, runs('2.0.0', 'boot_2')]],
  ])('waits for a device that %s', (_name, events) => {
    expect(decided(events)).toBeUndefined();
  });

  it('is carried out at the last moment, when the device is there after all', () => {
    expect(decided(onlineDevice(), { expired: true })?.facts[1]?.type).toBe('UpdateDispatched');
  });

  it('skips a device that came to the version while it was offline', () => {
    expect(answer([...onlineDevice(), runs('2.0.0', 'boot_2'), disconnected()])).toEqual([
      'UpdateSkipped',
      'already-on-target',
    ]);
  });

  it('with force is carried out on the version, and takes a device back that was named', () => {
    expect(answer([...onlineDevice(), runs('2.0.0', 'boot_2')], { force: true })).toEqual(['UpdateQueued', undefined]);
    expect(answer([...onlineDevice(), runs('3.0.0', 'boot_2')])).toEqual(['UpdateQueued', undefined]);
  });

  it('has an id of its own for each rollout, device, way and try', () => {
    const of = { rollout_id: 'rol_1', wave: 0, attempt: 1 };
    const ids = [
      rolloutUpdateId('acme', 'dev_1', of),
      rolloutUpdateId('acme', 'dev_2', of),
      rolloutUpdateId('other', 'dev_1', of),
      rolloutUpdateId('acme', 'dev_1', { ...of, attempt: 2 }),
      rolloutUpdateId('acme', 'dev_1', { ...of, rollback: true }),
      rolloutUpdateId('acme', 'dev_1', { ...of, rollout_id: 'rol_2' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(rolloutUpdateId('acme', 'dev_1', { ...of, wave: 5 })).toBe(ids[0]);
  });
});

describe('taking an update of a rollout back', () => {
  const withdrawn = (events: readonly StoredEvent[], why: Withdrawal = 'rollout-aborted', rollout = 'rol_1') =>
    withdraw(laneOf(events), rollout, why, ref);

  it('cancels it, in the name of its rollout', () => {
    expect(withdrawn(ordered())).toMatchObject({
      ...{ cause: ref, key: 'upd_r:end' },
      facts: [
        {
          type: 'UpdateCancelled',
          data: { update_id: 'upd_r', rollout_id: 'rol_1', wave: 2, code: 'rollout-aborted' },
        },
      ],
    });
    expect(withdrawn(ordered(), 'rollout-rolled-back')?.facts[0]?.data).toMatchObject({ code: 'rollout-rolled-back' });
  });

  it.each(PHASES)('while %s goes by the phase: from installing on the device finishes', (phase) => {
    const decision = withdrawn([...ordered(), reached('upd_r', phase)]);
    if (phase === 'installing' || phase === 'rebooting') expect(decision).toBeUndefined();
    else expect(decision?.facts[0]?.type).toBe('UpdateCancelled');
  });

  it('leaves alone what is not the rollout’s, what has ended, and what is ending', () => {
    expect(withdrawn(ordered(), 'rollout-aborted', 'rol_2')).toBeUndefined();
    expect(withdrawn(dispatchedUpdate().events)).toBeUndefined();
    expect(withdrawn(onlineDevice())).toBeUndefined();
    expect(withdrawn([...ordered(), runs('2.0.0', 'boot_2')])).toBeUndefined();
  });

  it('for a rollback takes the way out back and leaves the way back', () => {
    const of = { rollout_id: 'rol_1', wave: 0, attempt: 1, rollback: true as const };
    expect(withdrawn(ordered({ of }), 'rollout-rolled-back')).toBeUndefined();
    expect(withdrawn(ordered({ of }), 'rollout-aborted')?.facts[0]?.type).toBe('UpdateCancelled');
  });
});
