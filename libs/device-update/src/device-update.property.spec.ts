import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHASES, POSTPONED_IN_ALL_MAX_S, given, isInstalling, stepsIn, type StoredEvent } from '@edgeflow/contracts';
import { unknownDevice, type DeviceUpdateState } from './device-update.state.js';
import { spec, type Outcome } from '@edgeflow/testkit/decider-spec';
import type { UpdateFact } from './answers.js';
import { evolve, isOfDevice } from './device-update.evolve.js';
import { isDue, updateDecider } from './device-update.decider.js';
import { timingOf, type OpensAt } from './timing.js';
import { rolloutUpdateId, type OfRollout, type RolloutOrder } from './order.js';
import type { Withdrawal } from './rollout-order.js';
import {
  contextWith,
  at,
  cancelRequested,
  connected,
  disconnected,
  firmware,
  reached,
  registered,
  requested,
  runs,
  stored,
  storedAll,
  proceed,
  ordered,
} from './story.fixture.js';

const entries = [firmware, { ...firmware, firmware_id: 'fw_1', version: '1.0.0' }];
const ref = { id: 'evt_wave', correlation_id: 'evt_req' };

/** The window of the fleet opens after 40 s, that of an update after 50. */
const opensAt: OpensAt = ({ window, fleet }, from) => {
  const opens = [window ? 50_000 : 0, fleet === undefined ? 0 : 40_000].map((ms) => at.getTime() + ms);
  return new Date(Math.max(from.getTime(), ...opens));
};
const timed = contextWith(entries, opensAt);
const nightly = { cron: '0 2 * * *', duration_s: 3_600, time_zone: 'UTC' };
const new_device = {
  ...{ model: 'm1', registered_by: 'spec' },
  public_key: { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) },
} as const;
const timing = {
  start_at: fc.constantFrom(undefined, new Date(at.getTime() + 30_000).toISOString()),
  window: fc.constantFrom(undefined, nightly),
  ignore_window: fc.constantFrom(undefined, true),
  reason: fc.constant('spec'),
};

/** What may happen to a device, in any order; `open` is the id of the update that is open then. */
type Step = (open: string, index: number) => StoredEvent | Asks;
/** What its rollouts want of it then. */
type Asks = (state: DeviceUpdateState) => Outcome<UpdateFact>;

const orderOf = (of: OfRollout, version: string, more: { expired: boolean; superseded_by?: string }): RolloutOrder => {
  const update_id = rolloutUpdateId('acme', 'dev_1', of);
  return {
    ...{ update_id, request_id: `req_${of.rollout_id}`, version, force: false, when_offline: 'queue' },
    ...{ of, ref, key: update_id, never_back: false, ...more, deadlines: { downloading_s: 60 } },
  };
};

/** Each try of a rollout is another one: the rollout counts them. */
const orders: fc.Arbitrary<Step> = fc
  .record({
    rollout_id: fc.constantFrom('rol_1', 'rol_2'),
    version: fc.constantFrom('1.0.0', '2.0.0'),
    back: fc.boolean(),
    expired: fc.boolean(),
    superseded_by: fc.constantFrom(undefined, undefined, undefined, 'rol_3'),
  })
  .map(({ rollout_id, version, back, expired, superseded_by }): Step => {
    return (_open, index) => (state) => {
      const of = { rollout_id, wave: 0, attempt: index + 1, ...(back && { rollback: true as const }) };
      return ordered(state, orderOf(of, version, { expired, ...given({ superseded_by }) }), contextWith(entries));
    };
  });

const withdrawals: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom('rol_1', 'rol_2'),
    fc.constantFrom<Withdrawal>('rollout-aborted', 'rollout-rolled-back', 'superseded', 'wave-skipped'),
  )
  .map(
    ([rollout_id, why]): Step =>
      () =>
      (state) =>
        spec(updateDecider)
          .inState(state)
          .when({
            ...{ type: 'Withdraw', rollout_id, why, cause: ref },
            ...(why === 'superseded' && { superseded_by: 'rol_3' }),
          }),
  );

const progress: fc.Arbitrary<Step> = fc.constantFrom(...PHASES).map(
  (phase): Step =>
    (open) =>
      reached(open, phase),
);

const boots: fc.Arbitrary<Step> = fc
  .record({
    version: fc.constantFrom('1.0.0', '2.0.0', '2.0.0', '1.5.0'),
    boot_id: fc.constantFrom('boot_1', 'boot_2', 'boot_3', 'boot_4'),
    confirmed: fc.constantFrom(true, true, false),
  })
  .map(
    (said): Step =>
      () =>
        stored('DeviceVersionReported', { model: 'm1', ...said }),
  );

const cancels: fc.Arbitrary<Step> = fc.record({ which: fc.constantFrom('open', 'upd_other'), force: fc.boolean() }).map(
  ({ which, force }): Step =>
    (open, index) =>
      cancelRequested(which === 'open' ? open : which, { force }, `req_cancel_${index % 12}`),
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>(() => registered()),
  fc.constantFrom('ses_1', 'ses_2').map(
    (id): Step =>
      () =>
        connected(id),
  ),
  fc.constantFrom('ses_1', 'ses_2').map(
    (id): Step =>
      () =>
        disconnected(id),
  ),
  boots,
  fc
    .record({
      force: fc.boolean(),
      when_offline: fc.constantFrom('reject' as const, 'queue' as const),
      ...timing,
    })
    .map(
      (request): Step =>
        (_open, index) =>
          requested(given(request), `req_${index % 12}`),
    ),
  fc.constantFrom(undefined, 'north').map(
    (fleet): Step =>
      () =>
        stored('DeviceRegistered', { ...new_device, ...given({ fleet }) }),
  ),
  progress,
  fc.constantFrom('open', 'upd_other').map(
    (which): Step =>
      (open) =>
        stored('DeadlineReached', { update_id: which === 'open' ? open : which, number: 1 }),
  ),
  fc.constant<Step>((open) =>
    stored('DeviceUpdateReported', {
      update_id: open,
      outcome: 'failed',
      code: 'x',
      message: '',
      reported_by: 'device',
    }),
  ),
  fc.constant<Step>((open) =>
    stored('DeviceUpdateReported', {
      ...{ update_id: open, outcome: 'failed', code: 'declined', message: '', reported_by: 'device' },
    }),
  ),
  fc.constantFrom(30, 120, 5_000_000).map(
    (for_s): Step =>
      (open) =>
        stored('DeviceUpdatePostponed', {
          ...{ update_id: open, for_s, until: new Date(at.getTime() + for_s * 1000).toISOString() },
        }),
  ),
  fc.constant<Step>(() => stored('DeviceRevoked', { revoked_by: 'spec' })),
  fc.constant<Step>(() => stored('DeviceReinstated', { reinstated_by: 'spec' })),
  fc.constant<Step>(() => stored('DeviceRemoved', { removed_by: 'spec' })),
  fc.constantFrom('m1', 'm2').map(
    (model): Step =>
      () =>
        stored('DeviceChanged', { model, tags: [], changed: ['model'], changed_by: 'spec' }),
  ),
  cancels,
  orders,
  withdrawals,
  fc.nat(3).map(
    (n): Step =>
      () =>
        stored('RollbackRequested', {}, `req_back_${n}`),
  ),
  // Some seconds or a minute pass, in which windows open, and phases may have lasted too long.
  fc.constantFrom(35_000, 45_000, 61_000).map(
    (ms): Step =>
      () =>
      (state) =>
        proceed(state, { ...timed, at: new Date(at.getTime() + ms) }),
  ),
  // Two hours are over, and with them every deadline.
  fc.constant<Step>(() => (state) => proceed(state, { ...timed, at: new Date(at.getTime() + 7_200_000) })),
);

const openId = ({ update }: DeviceUpdateState) => (update.status === 'none' ? 'upd_none' : update.plan.update_id);

/** Plays the steps and lets the decider answer after each, as the dispatcher does. Returns every event in order. */
function play(chosen: readonly Step[]): { state: DeviceUpdateState; history: StoredEvent[] } {
  let state = unknownDevice;
  const history: StoredEvent[] = [];
  const happen = (event: StoredEvent) => {
    if (isOfDevice(event)) state = evolve(state, event);
    history.push(event);
  };
  const writeDown = (outcome: Outcome<UpdateFact>) => storedAll(outcome.facts()).forEach(happen);
  chosen.forEach((step, index) => {
    const next = step(openId(state), index);
    if (typeof next === 'function') writeDown(next(state));
    else happen(next);
    for (let round = 0; isDue(state); round++) {
      if (round > 20) throw new Error('the decider does not come to rest');
      writeDown(proceed(state, timed));
    }
  });
  return { state, history };
}

/** A device that is there: most of what may go wrong goes wrong with an update that it was told of. */
const isThere: readonly Step[] = [() => registered(), () => connected(), () => runs('1.0.0', 'boot_1')];

/** Updates that a device comes to, and goes back from. */
const thereAndBack = fc.oneof(orders, boots, boots, progress, steps);
/** Updates that are wanted, worked on and called off, by everybody who may. */
const calledOff = fc.oneof(orders, progress, progress, cancels, withdrawals, steps);

/** A device that boots over and over on its old version and never says more than that it has the image. */
const silently = fc.array(fc.constantFrom<'boot' | 'same boot' | 'verifying'>('boot', 'same boot', 'verifying'), {
  maxLength: 30,
});

/** The events that releases wrote which knew of no update that is told at once. */
function asBefore(event: StoredEvent): readonly StoredEvent[] {
  const [queued, told] = stepsIn(event);
  if (queued?.type !== 'UpdateQueued' || told?.type !== 'UpdateDispatched') return [event];
  const { accepted: _, ...data } = told.data;
  return [queued, { ...told, data }];
}

const opens = (event: StoredEvent) => event.type === 'UpdateQueued';
const ends = (event: StoredEvent) => ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'].includes(event.type);

/** A rollout's order is no request of its own, and what takes an update back may be one. */
const isAnswer = ({ type, data }: StoredEvent) =>
  ['UpdateCancelled', 'UpdateCancelRefused'].includes(type)
    ? 'request_id' in data
    : ['UpdateQueued', 'UpdateSkipped', 'UpdateRejected'].includes(type) && !('rollout_id' in data);

describe('whatever happens to a device', () => {
  it('has at most one open update, each ends at most once, and the numbers count up', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), (chosen) => {
        const { history, state } = play(chosen);
        let open: string | undefined;
        let last = 0;
        for (const event of history.flatMap(stepsIn)) {
          if (opens(event)) {
            expect(open).toBeUndefined();
            const data = event.data as { update_id: string; number: number };
            expect(data.number).toBe(last + 1);
            ({ update_id: open, number: last } = data);
          } else if (ends(event)) {
            expect((event.data as { update_id: string }).update_id).toBe(open);
            open = undefined;
          }
        }
        expect(openId(state)).toBe(open ?? 'upd_none');
      }),
    );
  });

  it('is told nothing before its start, nor while a window is closed', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40, size: 'max' }), fc.nat(70_000), (chosen, ms) => {
        const { state } = play(chosen);
        const now = new Date(at.getTime() + ms);
        const told = proceed(state, { ...timed, at: now }).facts();
        const hold = timingOf(state);
        if (!hold || !told.some(({ type }) => type === 'UpdateDispatched')) return;
        expect(Date.parse(hold.start_at ?? '1970-01-01')).toBeLessThanOrEqual(now.getTime());
        expect(opensAt(hold, now)).toEqual(now);
      }),
    );
  });

  it('is put off for no longer than the limit, and its deadline moves by just that', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), (chosen) => {
        const deadlines = new Map<string, number>();
        for (const { type, data } of play(chosen).history.flatMap(stepsIn)) {
          if (type === 'UpdateQueued') deadlines.set(data.update_id, Date.parse(data.deadline_at));
          if (type !== 'UpdatePostponed') continue;
          expect(data.postponed_s).toBeLessThanOrEqual(POSTPONED_IN_ALL_MAX_S);
          expect(Date.parse(data.deadline_at) - (deadlines.get(data.update_id) ?? 0)).toBe(data.postponed_s * 1000);
        }
      }),
    );
  });

  it('reverts what it has completed, once, and by another version', () => {
    fc.assert(
      fc.property(fc.array(thereAndBack, { maxLength: 60, size: 'max' }), (chosen) => {
        const completed = new Set<string>();
        for (const { type, data } of play([...isThere, ...chosen]).history) {
          if (type === 'UpdateCompleted') completed.add(data.update_id);
          if (type !== 'UpdateReverted') continue;
          expect(completed.delete(data.update_id)).toBe(true);
          expect(data.runs).not.toBe(data.version);
        }
      }),
    );
  });

  it('is told to stop what it installs by force alone, or since it is taken out', () => {
    fc.assert(
      fc.property(fc.array(calledOff, { maxLength: 40, size: 'max' }), (chosen) => {
        const told = new Set<string>();
        const installing = new Set<string>();
        const forced = new Set<string>();
        for (const { type, data, entity_id } of play([...isThere, ...chosen]).history) {
          if (type === 'UpdateDispatched') told.add(data.update_id);
          // Its newest word counts: after a power cut it may begin anew.
          if (type === 'DeviceProgressReported') {
            if (isInstalling(data.phase) && told.has(data.update_id)) installing.add(data.update_id);
            else installing.delete(data.update_id);
          }
          if (type === 'UpdateCancelRequested' && data.force === true) forced.add(entity_id);
          if (type !== 'UpdateCancelled' || !installing.has(data.update_id)) continue;
          expect(['abandoned', 'device-revoked', 'device-removed']).toContain(data.code);
          if (data.code === 'abandoned') expect(forced).toContain(data.request_id);
        }
      }),
    );
  });

  it('is not told for ever where it falls back silently: three new boots, and it has failed', () => {
    fc.assert(
      fc.property(silently, (chosen) => {
        let boot = 1;
        const { history } = play([
          ...isThere,
          () => requested(),
          ...chosen.map((what): Step => {
            if (what === 'boot') boot += 1;
            const boot_id = `boot_${boot}`;
            return (open) => (what === 'verifying' ? reached(open, 'verifying') : runs('1.0.0', boot_id));
          }),
        ]);
        const boots = chosen.filter((what) => what === 'boot').length;
        const codes = history.flatMap(({ type, data }) => (type === 'UpdateFailed' ? [data.code] : []));
        expect(codes).toEqual(boots >= 3 ? ['reboot-loop'] : []);
      }),
    );
  });

  it('answers every request exactly once', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), (chosen) => {
        const { history } = play(chosen);
        const asked = new Set(
          history.filter((event) => event.type.endsWith('Requested')).map((event) => event.entity_id),
        );
        const answered = history
          .flatMap(stepsIn)
          .filter(isAnswer)
          .map((event) => (event.data as { request_id: string }).request_id);
        expect([...answered].sort()).toEqual([...asked].sort());
      }),
    );
  });

  it('is told at once where it is there and it is the time, and waits otherwise', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), (chosen) => {
        let state = unknownDevice;
        for (const event of play([...isThere, ...chosen]).history) {
          if (event.type === 'UpdateQueued')
            expect(state.presence.status === 'offline' || event.data.not_before !== undefined).toBe(true);
          if (event.type === 'UpdateDispatched') {
            expect(state.presence.status).toBe('online');
            expect(event.data.accepted === undefined).toBe(state.update.status !== 'none');
          }
          if (isOfDevice(event)) state = evolve(state, event);
        }
      }),
    );
  });

  it('is as far when it was told at once as when it was accepted and told', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40, size: 'max' }), (chosen) => {
        let [atOnce, inTwo] = [unknownDevice, unknownDevice];
        for (const event of play([...isThere, ...chosen]).history) {
          if (isOfDevice(event)) atOnce = evolve(atOnce, event);
          for (const one of asBefore(event)) if (isOfDevice(one)) inTwo = evolve(inTwo, one);
          expect(atOnce).toEqual(inTwo);
        }
      }),
    );
  });

  it('comes to the same state by replay', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40, size: 'max' }), (chosen) => {
        const { state, history } = play(chosen);
        expect(history.filter(isOfDevice).reduce(evolve, unknownDevice)).toEqual(state);
      }),
    );
  });
});
