import type { StoredEvent } from '@edgeflow/contracts';
import { moved } from './counts.js';
import { runningAgain } from './placement.js';
import type { AcceptedRollout, Hold, Rollback, Wave } from './rollout.state.js';
import { refOf } from './event-ref.js';
import { rollbackWaveSize } from './strategy.js';

type Of<N extends StoredEvent['type']> = StoredEvent<N>;
type ControlEvent = Of<'RolloutPaused' | 'RolloutResumed' | 'RolloutAborted' | 'RollbackTriggered' | 'RolloutRetried'>;

function holdOf({ data, time }: ControlEvent): Hold {
  const { cause, reason, requested_by, gate } = data;
  return {
    ...{ cause, at: time },
    ...(reason !== undefined && { reason }),
    ...(requested_by !== undefined && { requested_by }),
    ...(gate && { gate }),
  };
}

/** No further devices are told; one that was paused before stays as it is. */
export function paused(rollout: AcceptedRollout, event: Of<'RolloutPaused'>): AcceptedRollout {
  const { status } = rollout;
  if (status !== 'accepted' && status !== 'running') return rollout;
  return { ...rollout, status: 'paused', hold: holdOf(event), resumes: status };
}

/**
 * Who resumes what a gate has stopped takes note of the failures so far; failures that came under any other pause still count. Devices
 * that could not be told meanwhile have their time anew.
 */
export function resumed(rollout: AcceptedRollout, { time }: Of<'RolloutResumed'>): AcceptedRollout {
  if (rollout.status !== 'paused') return rollout;
  const { hold, resumes, ...rest } = rollout;
  const waves = rest.waves
    .map((wave) => (wave.status === 'running' ? { ...wave, since: time } : wave))
    .map((wave, index) => (isOverridden(hold, index) ? { ...wave, acknowledged: wave.counts.failed } : wave));
  return { ...rest, status: resumes, waves };
}

/** True for a wave whose failures the gate had counted. One gate is overridden and no other: of another wave nobody was told anything. */
function isOverridden({ gate }: Hold, index: number): boolean {
  return gate !== undefined && (gate.per === 'rollout' || gate.wave === index);
}

/** The failed devices wait again, and their waves run again. */
export function retried(rollout: AcceptedRollout, { time }: Of<'RolloutRetried'>): AcceptedRollout {
  const waves = rollout.waves.map((wave) => {
    const { failed } = wave.counts;
    if (failed === 0) return wave;
    const { acknowledged: _seen, ...rest } = wave;
    return runningAgain({ ...rest, counts: moved(wave.counts, 'failed', 'waiting', failed) }, time);
  });
  const next = { ...rollout, waves };
  return next.status === 'completed' ? { ...next, status: 'running' } : next;
}

/** Who waits is cancelled, in whichever stage; who is in flight ends by its own events. */
function withoutWaiting(waves: readonly Wave[]): Wave[] {
  return waves.map((wave) => ({ ...wave, counts: moved(wave.counts, 'waiting', 'cancelled', wave.counts.waiting) }));
}

/** Nobody is told any more, in whichever stage. */
export function aborted(rollout: AcceptedRollout, event: Of<'RolloutAborted'>): AcceptedRollout {
  const rollback: Rollback | undefined = 'rollback' in rollout ? rollout.rollback : undefined;
  return {
    ...rollout,
    status: 'aborted',
    hold: holdOf(event),
    waves: withoutWaiting(rollout.waves),
    ...(rollback && { rollback: { ...rollback, waves: withoutWaiting(rollback.waves) } }),
  };
}

/** The way out ends here; the waves of the way back come with its devices. */
export function triggered(rollout: AcceptedRollout, event: Of<'RollbackTriggered'>): AcceptedRollout {
  const { cause, reason, gate } = event.data;
  const eligible = rollout.waves.reduce((sum, wave) => sum + wave.eligible, 0);
  const size = rollbackWaveSize(rollout.spec.strategy, eligible);
  return {
    ...rollout,
    status: 'rolling_back',
    waves: withoutWaiting(rollout.waves),
    rollback: {
      ...{ cause, at: event.time, ref: refOf(event), waves: [], unavailable: {} },
      // JSON has no infinity, and no rollout has as many devices.
      wave_size: Number.isFinite(size) ? size : Number.MAX_SAFE_INTEGER,
      ...(reason !== undefined && { reason }),
      ...(gate && { gate }),
    },
  };
}
