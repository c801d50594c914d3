import type { GateDecision, RolloutAction, RolloutSpec } from '@edgeflow/contracts';
import { allowedActions } from './allowed-actions.js';
import { open, sumOf, total } from './counts.js';
import { awaitedApproval, nextWave, soakEnds } from './next-wave.js';
import { isAccepted, type AcceptedRollout, type Rollback, type Rollout, type Wave } from './rollout.state.js';
import { waitingFor, type Kept, type WaitingFor } from './waiting-for.js';

/** What the resource's `state` may say (DESIGN.md section 9), and `rejected` for a request that became no rollout. */
export const ROLLOUT_STATES = [
  'scheduled',
  'awaiting_approval',
  'running',
  'paused',
  'completed',
  'aborted',
  'rolling_back',
  'rolled_back',
  'rejected',
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** `cancelled`: it never started and will not. */
export const WAVE_STATES = ['pending', 'running', 'soaking', 'completed', 'cancelled'] as const;

/** One wave as the resource shows it. */
export interface WaveResource {
  index: number;
  state: (typeof WAVE_STATES)[number];
  eligible: number;
  queued: number;
  in_flight: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
  /** Of the eligible devices so many percent have ended. */
  percent: number;
  soak_s: number;
  success_percent: number | null;
  started_at: string | null;
  completed_at: string | null;
  gate: GateDecision | null;
}

/** The way back. */
export interface RollbackResource {
  cause: Rollback['cause'];
  triggered_at: string;
  reason: string | null;
  gate: GateDecision | null;
  percent: number;
  waves: WaveResource[];
  unavailable: Readonly<Record<string, number>>;
}

/** A rollout as queries show it (DESIGN.md section 9); the first fields are fixed. */
export interface RolloutResource {
  rollout_id: string;
  version: string;
  state: RolloutState;
  strategy: RolloutSpec['strategy'];
  percent: number;
  eligible: number;
  excluded: Readonly<Record<string, number>>;
  waves: WaveResource[];
  allowed_actions: RolloutAction[];
  waiting_for: WaitingFor[];
  succeeded: number;
  failed: number;
  rollback: RollbackResource | null;
  spec: RolloutSpec;
  request_id: string;
  requested_by: string | null;
  accepted_at: string;
}

/** The state in the resource's words: before it starts, and between waves, what it waits for is part of it. */
export function stateOf(rollout: AcceptedRollout): RolloutState {
  if (rollout.status === 'accepted') return awaitedApproval(rollout) === undefined ? 'scheduled' : 'awaiting_approval';
  // In the soak nobody needs to approve yet, but somebody may; that it soaks is said by `waiting_for`.
  if (rollout.status === 'running' && awaitedApproval(rollout) !== undefined) return 'awaiting_approval';
  return rollout.status;
}

/** The resource of an accepted rollout. Pure: what keeps its devices comes in. @returns undefined for any other */
export function resourceOf(rollout: Rollout, at: Date, kept: Kept): RolloutResource | undefined {
  if (!isAccepted(rollout)) return undefined;
  const { rollout_id, spec, waves, excluded, request_id, requested_by = null, accepted_at } = rollout;
  const all = sumOf(waves);
  const stopped = ['aborted', 'rolling_back', 'rolled_back'].includes(rollout.status);
  const over = rollout.status === 'rolled_back';
  const rollback =
    'rollback' in rollout && rollout.rollback
      ? rollbackOf(rollout.rollback, { over, stopped: rollout.status === 'aborted', at })
      : null;
  return {
    ...{ rollout_id, version: spec.version, state: stateOf(rollout), strategy: spec.strategy },
    percent: percentOf(waves, rollout.status === 'completed'),
    // As planned: a fold may have stopped in the middle of the plan's devices.
    eligible: waves.reduce((sum, wave) => sum + wave.eligible, 0),
    excluded,
    waves: waves.map((wave, index) => waveOf(waves, wave, index, { at, stopped })),
    allowed_actions: allowedActions(rollout),
    waiting_for: waitingFor(rollout, at, kept),
    ...{ succeeded: all.succeeded, failed: all.failed, rollback, spec, request_id, requested_by, accepted_at },
  };
}

function rollbackOf(
  { cause, at: triggered_at, reason, gate, waves, unavailable }: Rollback,
  { over, ...now }: { over: boolean; stopped: boolean; at: Date },
): RollbackResource {
  return {
    ...{ cause, triggered_at, reason: reason ?? null, gate: gate ?? null, unavailable },
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
function waveState(wave: Wave, soaks: boolean, stopped: boolean): WaveResource['state'] {
  if (soaks && !stopped) return 'soaking';
  if (!stopped || open(wave.counts) > 0 || wave.status === 'completed') return wave.status;
  return wave.status === 'pending' ? 'cancelled' : 'completed';
}

function waveOf(
  waves: readonly Wave[],
  wave: Wave,
  index: number,
  { at, stopped }: { at: Date; stopped: boolean },
): WaveResource {
  const { counts, soak_s, success_percent = null } = wave;
  const { waiting, in_flight, succeeded, failed, cancelled, skipped } = counts;
  const soaks = nextWave({ waves }) === index + 1 && (soakEnds({ waves }, index + 1) ?? 0) > at.getTime();
  const completed = wave.status === 'completed';
  return {
    index,
    state: waveState(wave, soaks, stopped),
    eligible: wave.eligible,
    ...{ queued: waiting, in_flight, succeeded, failed, cancelled, skipped },
    percent: percentOf([wave], completed),
    ...{ soak_s, success_percent },
    started_at: wave.status === 'pending' ? null : wave.started_at,
    completed_at: completed ? wave.completed_at : null,
    gate: completed ? (wave.gate ?? null) : null,
  };
}
