import { describe, expect, it } from 'vitest';
import { PHASES, type EventRef, type StoredEvent } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { updateDecider } from './device-update.decider.js';
import { rolloutUpdateId, type RolloutOrder } from './order.js';
import type { Withdrawal } from './rollout-order.js';
import {
  contextWith,
  at,
  connected,
  disconnected,
  dispatchedUpdate,
  firmware,
  stateOf,
  onlineDevice,
  reached,
  registered,
  runs,
  stored,
  ordered,
  requested,
  withDecision,
} from './story.fixture.js';

const ref: EventRef = { id: 'evt_wave', correlation_id: 'evt_req' };
const orderOf = (change: Partial<RolloutOrder> = {}): RolloutOrder => ({
  ...{ update_id: 'upd_r', request_id: 'req_r', version: '2.0.0', force: false, when_offline: 'queue' },
  ...{ of: { rollout_id: 'rol_1', wave: 2, attempt: 1 }, ref, key: 'upd_r', never_back: false, expired: false },
  ...change,
});
const decided = (events: readonly StoredEvent[], change?: Partial<RolloutOrder>, entries = [firmware]) =>
  ordered(stateOf(events), orderOf(change), contextWith(entries));
const answer = (...given: Parameters<typeof decided>) => {
  const [fact] = decided(...given).facts();
  return fact && [fact.type, (fact.data as { code?: string }).code];
};
/** The device after the order was carried out. */
const carriedOut = (change?: Partial<RolloutOrder>): StoredEvent[] => {
  const facts = decided(onlineDevice(), change).facts();
  return [...onlineDevice(), ...facts.map((fact) => stored(fact.type, fact.data as never))];
};

describe('an order of a rollout', () => {
  it('is dispatched at once to a device that is there', () => {
    const decision = decided(onlineDevice(), {
      deadline_s: 60,
      deadlines: { rebooting_s: 5 },
      requested_by: 'ann',
      source: 'http:ann',
    });
    expect(decision.grounds()).toEqual({ cause: ref, key: 'upd_r' });
    expect(decision.facts()).toMatchObject([
      {
        type: 'UpdateDispatched',
        data: {
          ...{ update_id: 'upd_r', accepted: { when_offline: 'queue', requested_by: 'ann', source: 'http:ann' } },
          ...{ rollout_id: 'rol_1', wave: 2, attempt: 1, from_version: '1.0.0', deadlines: { rebooting_s: 5 } },
          deadline_at: new Date(at.getTime() + 60_000).toISOString(),
        },
      },
    ]);
  });

  it.each([
    ['is there', onlineDevice()],
    ['is busy', carriedOut()],
    ['never came', [registered()]],
  ])('is skipped when a later rollout wants a device that %s', (_how, events) => {
    const of = { rollout_id: 'rol_1', wave: 2, attempt: 2 };
    expect(decided(events, { of, superseded_by: 'rol_2' }).facts()).toEqual([
      {
        type: 'UpdateSkipped',
        data: {
          ...{ update_id: 'upd_r', device_id: 'dev_1', request_id: 'req_r', version: '2.0.0', ...of },
          ...{ code: 'superseded', detail: 'The later rollout rol_2 wants the device.', superseded_by: 'rol_2' },
        },
      },
    ]);
  });

  describe('for a device that somebody has brought to a newer version since', () => {
    const newer = { ...firmware, version: '3.0.0', firmware_id: 'fw_3' };
    const brought = (version = '3.0.0') => {
      const asked = withDecision([...onlineDevice(), requested({ version })], [newer, { ...newer, version: '1.5.0' }]);
      return withDecision([...asked, runs(version, 'boot_3')]);
    };

    it('is not taken down again, in whichever try', () => {
      const events = brought();
      const asked_at = events[0]!.position;
      for (const attempt of [1, 2]) {
        const of = { rollout_id: 'rol_1', wave: 2, attempt };
        expect(answer(events, { of, asked_at }, [firmware, newer])).toEqual(['UpdateSkipped', 'superseded']);
      }
      const away = [...events, disconnected()];
      expect(answer(away, { asked_at, force: true }, [firmware, newer])).toEqual(['UpdateSkipped', 'superseded']);
    });

    it('is told where the rollout was asked for later, or where that was a step on the way', () => {
      const events = brought();
      const asked_at = events.at(-1)!.position + 1;
      expect(answer(events, { asked_at }, [firmware, newer])).toEqual(['UpdateDispatched', undefined]);
      const step = brought('1.5.0');
      expect(answer(step, { asked_at: step[0]!.position })).toEqual(['UpdateDispatched', undefined]);
    });

    it('is told where the device has not kept that', () => {
      const events = withDecision([...brought(), runs('2.5.0', 'boot_4')]);
      expect(answer(events, { asked_at: events[0]!.position }, [firmware, newer])).toEqual([
        'UpdateDispatched',
        undefined,
      ]);
    });
  });

  it('says that it leads back', () => {
    const of = { rollout_id: 'rol_1', wave: 0, attempt: 1, rollback: true as const };
    expect(decided(onlineDevice(), { of }).facts()[0]?.data).toMatchObject({ rollback: true });
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
    [
      'a version that was there for its model',
      ...(['UpdateRejected', 'firmware-unknown'] as const),
      [
        onlineDevice(),
        {},
        [
          { ...firmware, withdrawn: true },
          { ...firmware, model: 'm2' },
        ],
      ],
    ],
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
    expect(decided(...given).facts()[0]?.data).toMatchObject({
      rollout_id: 'rol_1',
      wave: 2,
      attempt: 1,
      request_id: 'req_r',
    });
  });

  it.each<[string, string, string, StoredEvent[], Parameters<typeof decided>[2]?]>([
    [
      ...(['a revoked device', 'UpdateSkipped', 'device-revoked'] as const),
      [...onlineDevice(), stored('DeviceRevoked', { revoked_by: 'x' })],
    ],
    ['a device that is back', 'UpdateSkipped', 'already-on-target', [...onlineDevice(), runs('2.0.0', 'boot_2')]],
    [
      ...([
        'a device that somebody took back to a version that is not there',
        'UpdateSkipped',
        'already-on-target',
      ] as const),
      [...onlineDevice(), runs('2.0.0', 'boot_2')],
      [],
    ],
    [
      ...(['a device that somebody took back to a revoked version', 'UpdateSkipped', 'already-on-target'] as const),
      [...onlineDevice(), runs('2.0.0', 'boot_2')],
      [{ ...firmware, revoked: true }],
    ],
    [
      ...(['a revoked device that is back', 'UpdateSkipped', 'device-revoked'] as const),
      [...onlineDevice(), runs('2.0.0', 'boot_2'), stored('DeviceRevoked', { revoked_by: 'x' })],
    ],
    ['a device that is unknown', 'UpdateRejected', 'device-unknown', [connected()]],
    // It ran the version: for its model it was never uploaded.
    ['a version for another model', 'UpdateRejected', 'firmware-unknown', [registered('m2'), connected()]],
    [
      ...(['a device on too old a version', 'UpdateRejected', 'min-version-not-met'] as const),
      onlineDevice(),
      [{ ...firmware, min_version: '1.5.0' }],
    ],
  ])('back for %s ends as %s', (_name, type, code, events, images) => {
    expect(answer(events, { rollback: true }, images)).toEqual([type, code]);
  });

  it('back says for which models the version is there', () => {
    const [fact] = decided([registered('m2'), connected()], { rollback: true }).facts();
    expect(fact?.data).toMatchObject({ detail: expect.stringMatching(/2\.0\.0 for m2.*m1 only/) as string });
  });

  it.each<[string, StoredEvent[]]>([
    ['is offline', [...onlineDevice(), disconnected()]],
    ['is busy with another update', dispatchedUpdate().events],
    ['has an update whose end is not written yet', [...dispatchedUpdate().events, runs('2.0.0', 'boot_2')]],
  ])('waits for a device that %s', (_name, events) => {
    decided(events).thenNothing();
  });

  it('is carried out at the last moment, when the device is there after all', () => {
    expect(decided(onlineDevice(), { expired: true }).facts()[0]?.type).toBe('UpdateDispatched');
  });

  it('skips a device that came to the version while it was offline', () => {
    expect(answer([...onlineDevice(), runs('2.0.0', 'boot_2'), disconnected()])).toEqual([
      'UpdateSkipped',
      'already-on-target',
    ]);
  });

  it('with force is carried out on the version, and takes a device back that was named', () => {
    expect(answer([...onlineDevice(), runs('2.0.0', 'boot_2')], { force: true })).toEqual([
      'UpdateDispatched',
      undefined,
    ]);
    expect(answer([...onlineDevice(), runs('3.0.0', 'boot_2')])).toEqual(['UpdateDispatched', undefined]);
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
    spec(updateDecider).inState(stateOf(events)).when({ type: 'Withdraw', rollout_id: rollout, why, cause: ref });

  it('cancels it, in the name of its rollout', () => {
    const decision = withdrawn(carriedOut());
    expect(decision.grounds()).toEqual({ cause: ref, key: 'upd_r:end' });
    expect(decision.facts()).toMatchObject([
      {
        type: 'UpdateCancelled',
        data: { update_id: 'upd_r', rollout_id: 'rol_1', wave: 2, code: 'rollout-aborted' },
      },
    ]);
    expect(withdrawn(carriedOut(), 'rollout-rolled-back').facts()[0]?.data).toMatchObject({
      code: 'rollout-rolled-back',
    });
  });

  it('names the later rollout that wants the device', () => {
    const of = {
      type: 'Withdraw',
      rollout_id: 'rol_1',
      why: 'superseded',
      superseded_by: 'rol_2',
      cause: ref,
    } as const;
    const decision = spec(updateDecider).inState(stateOf(carriedOut())).when(of);
    expect(decision.facts()).toMatchObject([
      { type: 'UpdateCancelled', data: { update_id: 'upd_r', code: 'superseded', superseded_by: 'rol_2' } },
    ]);
  });

  it.each(PHASES)('while %s goes by the phase: from installing on the device finishes', (phase) => {
    const decision = withdrawn([...carriedOut(), reached('upd_r', phase)]);
    if (phase === 'installing' || phase === 'rebooting') decision.thenNothing();
    else expect(decision.facts()[0]?.type).toBe('UpdateCancelled');
  });

  it('leaves alone what is not the rollout’s, what has ended, and what is ending', () => {
    withdrawn(carriedOut(), 'rollout-aborted', 'rol_2').thenNothing();
    withdrawn(dispatchedUpdate().events).thenNothing();
    withdrawn(onlineDevice()).thenNothing();
    withdrawn([...carriedOut(), runs('2.0.0', 'boot_2')]).thenNothing();
  });

  it('for a rollback takes the way out back and leaves the way back', () => {
    const of = { rollout_id: 'rol_1', wave: 0, attempt: 1, rollback: true as const };
    withdrawn(carriedOut({ of }), 'rollout-rolled-back').thenNothing();
    withdrawn(carriedOut({ of }), 'superseded').thenNothing();
    expect(withdrawn(carriedOut({ of }), 'rollout-aborted').facts()[0]?.type).toBe('UpdateCancelled');
  });
});
