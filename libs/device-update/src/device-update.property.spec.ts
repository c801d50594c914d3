import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHASES, type StoredEvent } from '@edgeflow/contracts';
import { emptyLane, type DeviceLane } from './device-lane.js';
import { evolve } from './device-lane.evolve.js';
import { decide, isDue, type Decision } from './device-update.decider.js';
import { rolloutUpdateId, type OfRollout, type RolloutOrder } from './order.js';
import { decideOrder, withdraw } from './rollout-order.decider.js';
import {
  around,
  at,
  connected,
  disconnected,
  firmware,
  reached,
  registered,
  requested,
  runs,
  stored,
} from './story.fixture.js';

const entries = [firmware, { ...firmware, firmware_id: 'fw_1', version: '1.0.0' }];
const ref = { id: 'evt_wave', correlation_id: 'evt_req' };

/** What may happen to a device, in any order; `open` is the id of the update that is open then. */
type Step = (open: string, index: number) => StoredEvent | Asks;
/** What its rollouts want of it then. */
type Asks = (lane: DeviceLane) => Decision | undefined;

const orderOf = (of: OfRollout, version: string, expired: boolean): RolloutOrder => {
  const update_id = rolloutUpdateId('acme', 'dev_1', of);
  return {
    ...{ update_id, request_id: `req_${of.rollout_id}`, version, force: false, when_offline: 'queue' },
    ...{ of, ref, key: update_id, never_back: false, expired, deadlines: { downloading_s: 60 } },
  };
};

/** Each try of a rollout is another one: the rollout counts them. */
const orders: fc.Arbitrary<Step> = fc
  .record({
    rollout_id: fc.constantFrom('rol_1', 'rol_2'),
    version: fc.constantFrom('1.0.0', '2.0.0'),
    back: fc.boolean(),
    expired: fc.boolean(),
  })
  .map(({ rollout_id, version, back, expired }): Step => {
    return (_open, index) => (lane) => {
      const of = { rollout_id, wave: 0, attempt: index + 1, ...(back && { rollback: true as const }) };
      return decideOrder(lane, orderOf(of, version, expired), around(entries));
    };
  });

const withdrawals: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('rol_1', 'rol_2'), fc.constantFrom('rollout-aborted' as const, 'rollout-rolled-back' as const))
  .map(
    ([rollout_id, why]): Step =>
      () =>
      (lane) =>
        withdraw(lane, rollout_id, why, ref),
  );

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>(() => registered()),
  fc.constantFrom('tun_1', 'tun_2').map(
    (id): Step =>
      () =>
        connected(id),
  ),
  fc.constantFrom('tun_1', 'tun_2').map(
    (id): Step =>
      () =>
        disconnected(id),
  ),
  fc.tuple(fc.constantFrom('1.0.0', '2.0.0'), fc.constantFrom('boot_1', 'boot_2', 'boot_3')).map(
    ([v, b]): Step =>
      () =>
        runs(v, b),
  ),
  fc.record({ force: fc.boolean(), when_offline: fc.constantFrom('reject' as const, 'queue' as const) }).map(
    (wish): Step =>
      (_open, index) =>
        requested(wish, `req_${index % 12}`),
  ),
  fc.constantFrom(...PHASES).map(
    (phase): Step =>
      (open) =>
        reached(open, phase),
  ),
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
  fc.constant<Step>(() => stored('DeviceRevoked', { revoked_by: 'spec' })),
  orders,
  withdrawals,
  fc.nat(3).map(
    (n): Step =>
      () =>
        stored('RollbackRequested', {}, `req_back_${n}`),
  ),
  // A minute passes, and phases may have lasted too long.
  fc.constant<Step>(() => (lane) => decide(lane, { ...around(entries), at: new Date(at.getTime() + 61_000) })),
);

const openId = ({ update }: DeviceLane) => (update.status === 'none' ? 'upd_none' : update.plan.update_id);

/** Plays the steps and lets the decider answer after each, as the dispatcher does. Returns every event in order. */
function play(chosen: readonly Step[]): { lane: DeviceLane; history: StoredEvent[] } {
  let lane = emptyLane;
  const history: StoredEvent[] = [];
  const happen = (event: StoredEvent) => {
    lane = evolve(lane, event);
    history.push(event);
  };
  const writeDown = (decision: Decision | undefined) => {
    for (const fact of decision?.facts ?? []) happen(stored(fact.type, fact.data as never));
  };
  chosen.forEach((step, index) => {
    const next = step(openId(lane), index);
    if (typeof next === 'function') writeDown(next(lane));
    else happen(next);
    for (let round = 0; isDue(lane); round++) {
      if (round > 20) throw new Error('the decider does not come to rest');
      writeDown(decide(lane, around(entries)));
    }
  });
  return { lane, history };
}

const opens = (event: StoredEvent) => event.type === 'UpdateQueued';
const ends = (event: StoredEvent) => ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'].includes(event.type);

describe('whatever happens to a device', () => {
  it('has at most one open update, each ends at most once, and the numbers count up', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), (chosen) => {
        const { history, lane } = play(chosen);
        let open: string | undefined;
        let last = 0;
        for (const event of history) {
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
        expect(openId(lane)).toBe(open ?? 'upd_none');
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
          .filter((event) => ['UpdateQueued', 'UpdateSkipped', 'UpdateRejected'].includes(event.type))
          .filter((event) => !('rollout_id' in event.data)) // A rollout's order is no request of its own.
          .map((event) => (event.data as { request_id: string }).request_id);
        expect([...answered].sort()).toEqual([...asked].sort());
      }),
    );
  });

  it('comes to the same state by replay', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40, size: 'max' }), (chosen) => {
        const { lane, history } = play(chosen);
        expect(history.reduce(evolve, emptyLane)).toEqual(lane);
      }),
    );
  });
});
