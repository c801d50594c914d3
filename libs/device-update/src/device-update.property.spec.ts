import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PHASES, type StoredEvent } from '@edgeflow/contracts';
import { emptyLane, type DeviceLane } from './device-lane.js';
import { evolve } from './device-lane.evolve.js';
import { decide, isDue } from './device-update.decider.js';
import { around, connected, disconnected, reached, registered, requested, runs, stored } from './story.fixture.js';

/** What may happen to a device, in any order; `open` is the id of the update that is open then. */
type Step = (open: string, index: number) => StoredEvent;

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
  chosen.forEach((step, index) => {
    happen(step(openId(lane), index));
    for (let round = 0; isDue(lane); round++) {
      if (round > 20) throw new Error('the decider does not come to rest');
      const decision = decide(lane, around());
      for (const fact of decision?.facts ?? []) happen(stored(fact.type, fact.data as never));
    }
  });
  return { lane, history };
}

const opens = (event: StoredEvent) => event.type === 'UpdateQueued';
const ends = (event: StoredEvent) => ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'].includes(event.type);

describe('whatever happens to a device', () => {
  it('has at most one open update, each ends at most once, and the numbers count up', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (chosen) => {
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
      fc.property(fc.array(steps, { maxLength: 60 }), (chosen) => {
        const { history } = play(chosen);
        const asked = new Set(
          history.filter((event) => event.type === 'UpdateRequested').map((event) => event.entity_id),
        );
        const answered = history
          .filter((event) => ['UpdateQueued', 'UpdateSkipped', 'UpdateRejected'].includes(event.type))
          .map((event) => (event.data as { request_id: string }).request_id);
        expect([...answered].sort()).toEqual([...asked].sort());
      }),
    );
  });

  it('comes to the same state by replay', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (chosen) => {
        const { lane, history } = play(chosen);
        expect(history.reduce(evolve, emptyLane)).toEqual(lane);
      }),
    );
  });
});
