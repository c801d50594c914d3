import type { FailureGate, GateDecision } from '@edgeflow/contracts';
import { sumOf, total } from './counts.js';
import { isShare, percentOf } from './percent.js';
import type { AcceptedRollout, Counts, Wave } from './rollout.state.js';

function ended({ succeeded, failed }: Counts): { finished: number; succeeded: number; failed: number } {
  return { finished: succeeded + failed, succeeded, failed };
}

/**
 * What the success gate of a wave says once all of its devices have ended. Of no finished device nothing can be said against: the gate
 * is passed. Undefined where the wave has none.
 */
export function successGate(wave: Wave, index: number, failure: FailureGate | undefined): GateDecision | undefined {
  const threshold_percent = wave.success_percent;
  if (threshold_percent === undefined) return undefined;
  const { finished, succeeded, failed } = ended(wave.counts);
  return {
    gate: 'success',
    passed: isShare(succeeded, finished, threshold_percent),
    per: 'wave',
    wave: index,
    ...{ finished, succeeded, failed },
    percent: finished === 0 ? 100 : percentOf(succeeded, finished),
    threshold_percent,
    action: failure?.action ?? 'pause',
  };
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
