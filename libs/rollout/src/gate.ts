import {
  given,
  type FailureGate,
  type GateDecision,
  type RolloutSpec,
  type RolloutStrategy,
} from '@edgeflow/contracts';
import { open, sumOf, total } from './counts.js';
import { lastEnded } from './next-wave.js';
import { isShare, percentOf } from './percent.js';
import { isSkipped, type AcceptedRollout, type Counts, type Wave } from './rollout.state.js';

/** True for a rollout whose failures roll it back: it says beforehand how many devices have no way back. */
export function rollsBack({ failure }: Pick<RolloutSpec, 'failure'>): boolean {
  return failure?.action === 'rollback';
}

function ended({ succeeded, failed }: Counts): { finished: number; succeeded: number; failed: number } {
  return { finished: succeeded + failed, succeeded, failed };
}

/**
 * What the success gate of a wave says once all of its devices have ended. Of no finished device nothing is known: a wave that is there
 * to prove something is not passed then, and somebody decides. Of a wave without devices nothing can be said against, nor of one whose
 * rollout has lost all that was left to a later one. Undefined where the wave has no gate.
 */
export function successGate(
  { spec, waves }: Pick<AcceptedRollout, 'spec' | 'waves'>,
  wave: Wave,
  index: number,
): GateDecision | undefined {
  const threshold_percent = wave.success_percent;
  const { finished, succeeded, failed } = ended(wave.counts);
  const of = { gate: 'success', per: 'wave', wave: index, finished, succeeded, failed } as const;
  const proves = threshold_percent !== undefined || isTrial(spec.strategy, waves, index);
  if (proves && isAwaited({ waves }, index) && finished === 0 && total(wave.counts) > 0 && wave.unproven !== true) {
    const { cancelled, skipped } = wave.counts;
    const numbers = { percent: 0, eligible: total(wave.counts), cancelled, skipped };
    return { ...of, passed: false, code: 'no-evidence', ...numbers, ...given({ threshold_percent }), action: 'pause' };
  }
  if (threshold_percent === undefined) return undefined;
  return {
    ...of,
    passed: isShare(succeeded, finished, threshold_percent),
    percent: finished === 0 ? 100 : percentOf(succeeded, finished),
    threshold_percent,
    action: spec.failure?.action ?? 'pause',
  };
}

/** False where no device behind a wave waits for what it proves, since a later rollout has taken them over. */
function isAwaited({ waves }: Pick<AcceptedRollout, 'waves'>, index: number): boolean {
  return !isLost(waves, index) || open(sumOf(waves.slice(index + 1))) > 0;
}

function isLost(waves: readonly Wave[], index: number): boolean {
  return waves.slice(index).some(({ superseded = 0 }) => superseded > 0);
}

/** What the gate says of a wave that nobody was asked for, since a later rollout had taken over whoever waited for its proof: devices that join later wait for it. */
export function missingProof(rollout: AcceptedRollout): GateDecision | undefined {
  const { waves } = rollout;
  return waves
    .map((wave, index) => {
      const wasPassed = wave.status === 'completed' && !isSkipped(wave) && isLost(waves, index);
      return wasPassed && open(sumOf(waves.slice(index + 1))) > 0 ? successGate(rollout, wave, index) : undefined;
    })
    .find((gate) => gate?.code === 'no-evidence');
}

/**
 * What the gate of the wave that ended last says that nobody has acted on: what it was to do stood behind the end of the wave in the same batch, and the log has lost its
 * end there (ADR 0027). Undefined where it was passed, or somebody went on over it.
 */
export function tornGate(rollout: AcceptedRollout): GateDecision | undefined {
  const index = lastEnded(rollout);
  const wave = index === undefined ? undefined : rollout.waves[index];
  if (index === undefined || wave?.status !== 'completed' || wave.gate?.passed !== false) return undefined;
  const { code, failed } = wave.gate;
  const isOverridden = code === 'no-evidence' ? wave.unproven === true : acknowledged(rollout, 'wave', index) >= failed;
  return isOverridden ? undefined : wave.gate;
}

/** True for a wave that is there to find out whether the image is good, before others get it: a canary, a stage. */
function isTrial({ type, waves: stages = [] }: RolloutStrategy, waves: readonly Wave[], index: number): boolean {
  const trials = type === 'canary' ? 1 : type === 'staged' ? stages.length : 0;
  return index < trials && index < waves.length - 1;
}

/**
 * What the failure gate says of a wave that runs, when it is not passed. The threshold is reached by at least one failure: 0 is the first
 * one, 100 is when all of them failed. With `min_finished` a share is of the finished devices, from so many on or when no more can
 * finish. Without it the share is of all devices that can finish, so that it is reached once nothing can change that any more: the
 * first report of a wave, alone, would be 100 %.
 */
export function failureGate(rollout: AcceptedRollout, index: number): GateDecision | undefined {
  const { failure } = rollout.spec;
  const wave = rollout.waves[index];
  if (!failure || !wave) return undefined;
  const per = failure.per ?? 'wave';
  const counts = per === 'wave' ? wave.counts : sumOf(rollout.waves);
  const { finished, succeeded, failed } = ended(counts);
  const base = failure.count === undefined && failure.min_finished === undefined ? finishable(counts) : finished;
  if (!isReached(failure, counts, base) || failed <= acknowledged(rollout, per, index)) return undefined;
  return {
    gate: 'failure',
    passed: false,
    per,
    wave: index,
    ...{ finished, succeeded, failed },
    percent: percentOf(failed, base),
    ...(base !== finished && { of: base }),
    ...(failure.percent !== undefined && { threshold_percent: failure.percent }),
    ...(failure.count !== undefined && { threshold_count: failure.count }),
    ...(failure.min_finished !== undefined && { min_finished: failure.min_finished }),
    action: failure.action ?? 'pause',
  };
}

/**
 * The success gate of a wave that had passed it, and does not any more since devices did not keep the version, or were taken elsewhere or out of service: looked at as
 * long as the wave soaks. What somebody took note of stops nothing again.
 */
function lostGate(rollout: AcceptedRollout, index: number): GateDecision | undefined {
  const wave = rollout.waves[index];
  if (!wave || (wave.reverted ?? 0) + (wave.superseded ?? 0) + wave.counts.skipped === 0) return undefined;
  const success = successGate(rollout, wave, index);
  if (success?.passed !== false) return undefined;
  const isNews = success.code === 'no-evidence' || success.failed > acknowledged(rollout, 'wave', index);
  return isNews ? success : undefined;
}

/**
 * The gate of a wave that has ended and whose devices did not keep the version. What comes after a wave is decided on what was folded then: a device that went back
 * in the soak may stand in the log just before it, and is counted all the same. So each such wave is asked, whichever runs by now.
 */
export function lateGate(rollout: AcceptedRollout): GateDecision | undefined {
  return rollout.waves
    .flatMap((wave, index) => (wave.status === 'completed' && !isSkipped(wave) ? [index] : []))
    .map((index) => (isReverted(rollout, index) ? failureGate(rollout, index) : undefined) ?? lostGate(rollout, index))
    .find((gate) => gate);
}

function isReverted({ waves }: AcceptedRollout, index: number): boolean {
  return (waves[index]?.reverted ?? 0) > 0;
}

function isReached({ percent = 0, count, min_finished = 0 }: FailureGate, counts: Counts, base: number): boolean {
  const { finished, failed } = ended(counts);
  if (failed === 0) return false;
  if (count !== undefined) return failed >= count;
  return finished >= Math.min(min_finished, finishable(counts)) && isShare(failed, base, percent);
}

/** Devices that can still finish, or have. */
function finishable(counts: Counts): number {
  return total(counts) - counts.cancelled - counts.skipped;
}

/** Whoever resumes what a gate has stopped takes note of the failures so far: only further ones stop the rollout again. */
function acknowledged({ waves }: AcceptedRollout, per: 'wave' | 'rollout', index: number): number {
  const seen = waves.map(({ acknowledged = 0 }) => acknowledged);
  return per === 'wave' ? (seen[index] ?? 0) : seen.reduce((sum, failed) => sum + failed, 0);
}
