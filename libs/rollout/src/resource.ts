import { allowedActions } from './allowed-actions.js';
import { inAll, open, sumOf, total } from './counts.js';
import { awaitedApproval, lastEnded, soakEnds } from './next-wave.js';
import { notBack, revokedIn } from './rollback.evolve.js';
import {
  isAccepted,
  isRollbackOver,
  isSkipped,
  rollbackIn,
  type AcceptedRollout,
  type Rollback,
  type Rollout,
  type Wave,
} from './rollout.state.js';
import { waitingFor, type Withheld } from './waiting-for.js';

/** What the resource's `state` may say (docs/rollouts.md, "States"), and `rejected` for a request that became no rollout. */
export const ROLLOUT_STATES = [
  'scheduled',
  'awaiting_approval',
  'running',
  'paused',
  'completed',
  'aborted',
  'rolling_back',
  'rolled_back',
  'rollback_incomplete',
  'rejected',
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** `cancelled`: it never started and will not. `skipped`: somebody had the rollout wait for it no longer. */
export const WAVE_STATES = ['pending', 'running', 'soaking', 'completed', 'cancelled', 'skipped'] as const;

/** One wave as the resource shows it. */
export type WaveResource = ReturnType<typeof waveOf>;

/** The rollback. */
export type RollbackResource = ReturnType<typeof rollbackOf>;

/** A rollout as queries show it (docs/architecture.md, "What is fixed"); the first fields are fixed. */
export type RolloutResource = NonNullable<ReturnType<typeof resourceOf>>;

/** The state in the resource's words: before it starts, and between waves, what it waits for is part of it. */
export function stateOf(rollout: AcceptedRollout): RolloutState {
  if (rollout.status === 'accepted') return awaitedApproval(rollout) === undefined ? 'scheduled' : 'awaiting_approval';
  // In the soak nobody needs to approve yet, but somebody may; that it soaks is said by `waiting_for`.
  if (rollout.status === 'running' && awaitedApproval(rollout) !== undefined) return 'awaiting_approval';
  return rollout.status;
}

/** The resource of an accepted rollout. Pure: what keeps its devices comes in. @returns undefined for any other */
export function resourceOf(rollout: Rollout, at: Date, withheld: Withheld) {
  if (!isAccepted(rollout)) return undefined;
  const { rollout_id, spec, waves, excluded, warnings = {}, request_id, accepted_at } = rollout;
  const { requested_by = null, source = null } = rollout;
  const all = sumOf(waves);
  const reverted = waves.reduce((sum, wave) => sum + (wave.reverted ?? 0), 0);
  const turned = rollbackIn(rollout);
  const stopped = rollout.status === 'aborted' || turned !== undefined;
  const over = isRollbackOver(rollout);
  const rollback = turned ? rollbackOf(turned, { over, stopped: rollout.status === 'aborted', at }) : null;
  return {
    ...{ rollout_id, version: spec.version, state: stateOf(rollout), strategy: spec.strategy },
    percent: percentOf(waves, rollout.status === 'completed'),
    // As planned: a fold may have stopped in the middle of the plan's devices.
    eligible: waves.reduce((sum, wave) => sum + wave.eligible, 0),
    excluded,
    waves: waves.map((wave, index) => waveOf(waves, wave, index, { at, stopped })),
    allowed_actions: allowedActions(rollout),
    waiting_for: waitingFor(rollout, at, withheld),
    ...{ succeeded: all.succeeded, failed: all.failed, reverted, warnings, no_way_back: rollout.no_way_back ?? null },
    ...{ rollback, spec },
    ...{ request_id, requested_by, source, accepted_at },
    ...{ overlaps: rollout.overlaps ?? [], superseded_by: rollout.superseded_by ?? [] },
  };
}

function rollbackOf(
  { cause, at: triggered_at, reason, gate, waves, ...ends }: Rollback,
  { over, ...now }: { over: boolean; stopped: boolean; at: Date },
) {
  const codes = notBack(ends);
  return {
    ...{ cause, triggered_at, reason: reason ?? null, gate: gate ?? null },
    ...{ unavailable: ends.unavailable, incomplete: inAll(codes), codes },
    revoked: revokedIn({ ...ends, waves }),
    percent: percentOf(waves, over),
    waves: waves.map((wave, index) => waveOf(waves, wave, index, now)),
  };
}

/** Rounded down, so that 100 means all of them. */
function percentOf(waves: readonly Pick<Wave, 'counts'>[], whenEmpty: boolean): number {
  const counts = sumOf(waves);
  const all = total(counts);
  if (all === 0) return whenEmpty ? 100 : 0;
  return Math.floor(((all - open(counts)) * 100) / all);
}

/** Where a wave is. One whose rollout was stopped has no event of its own end: its devices' ends are it. */
function waveState(wave: Wave, soaks: boolean, stopped: boolean): (typeof WAVE_STATES)[number] {
  if (isSkipped(wave)) return 'skipped';
  if (soaks && !stopped) return 'soaking';
  if (!stopped || open(wave.counts) > 0 || wave.status === 'completed') return wave.status;
  return wave.status === 'pending' ? 'cancelled' : 'completed';
}

function waveOf(waves: readonly Wave[], wave: Wave, index: number, { at, stopped }: { at: Date; stopped: boolean }) {
  const { counts, soak_s, success_percent = null, superseded = 0, postponed = 0, declined = 0 } = wave;
  const { waiting, in_flight, succeeded, failed, cancelled, skipped } = counts;
  const soaks = lastEnded({ waves }) === index && (soakEnds({ waves }, index + 1) ?? 0) > at.getTime();
  const completed = wave.status === 'completed';
  return {
    index,
    state: waveState(wave, soaks, stopped),
    eligible: wave.eligible,
    ...{ queued: waiting, in_flight, succeeded, failed, cancelled, skipped },
    ...{ superseded, postponed, declined, reverted: wave.reverted ?? 0 },
    percent: percentOf([wave], completed),
    ...{ soak_s, success_percent },
    started_at: wave.status === 'pending' ? null : wave.started_at,
    completed_at: completed ? wave.completed_at : null,
    gate: completed ? (wave.gate ?? null) : null,
  };
}
