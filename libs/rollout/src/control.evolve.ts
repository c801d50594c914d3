import { refOf, type GateDecision, type StoredEvent, given } from '@edgeflow/contracts';
import { withAmendment } from './amend.js';
import { moved, total } from './counts.js';
import { withoutWaiting } from './end-of-wait.js';
import { withReplan } from './replan.js';
import { rollsBack } from './gate.js';
import { runningAgain, started } from './placement.js';
import { allBack, retriedBack, stoppedRollback } from './rollback.evolve.js';
import {
  gatesOf,
  isRollbackOver,
  isStoppedBack,
  rollbackIn,
  type AcceptedRollout,
  type Asked,
  type Hold,
  type Wave,
} from './rollout.state.js';
import { rollbackWaveSize } from './strategy.js';

type Of<N extends StoredEvent['type']> = StoredEvent<N>;
type ControlEvent = Of<'RolloutPaused' | 'RolloutResumed' | 'RolloutAborted' | 'RollbackTriggered' | 'RolloutRetried'>;

function holdOf({ data, time }: ControlEvent): Hold {
  const { cause, reason, requested_by, source, gate } = data;
  return {
    ...{ cause, at: time },
    ...given({ reason, requested_by, source }),
    ...(gate && { gate }),
  };
}

/** Who asked for what an event does; undefined where a gate did. What sent the request stands in the request alone, which has no answer until then. */
function askedBy({ actions }: AcceptedRollout, event: ControlEvent): Asked | undefined {
  const { request_id, requested_by } = event.data;
  if (request_id === undefined) return undefined;
  const source = actions.find((action) => action.request_id === request_id)?.source;
  return { request_id, ...given({ requested_by, source }), ref: refOf(event) };
}

/** No further devices are told; one that was paused before stays as it is, and a gate that is reached meanwhile holds it too. */
export function paused(rollout: AcceptedRollout, event: Of<'RolloutPaused'>): AcceptedRollout {
  const { status } = rollout;
  const { gate } = event.data;
  if (status === 'paused' && gate && rollout.hold.cause === 'operator') {
    const { hold } = rollout;
    const gates_before = gatesOf(hold);
    const before = gates_before.length > 0 && { gates_before };
    return { ...rollout, hold: { ...hold, ...before, gate, gate_at: event.time } };
  }
  if (status !== 'accepted' && status !== 'running') return rollout;
  return { ...rollout, status: 'paused', hold: holdOf(event), resumes: status };
}

/**
 * Who resumes what a gate has stopped takes note of the failures so far; failures that came under any other pause still count. Devices
 * that could not be told meanwhile have their time anew.
 */
export function resumed(rollout: AcceptedRollout, { time }: Pick<Of<'RolloutResumed'>, 'time'>): AcceptedRollout {
  if (rollout.status !== 'paused') return rollout;
  const { hold, resumes, ...rest } = rollout;
  const waves = rest.waves
    .map((wave) => (wave.status === 'running' ? { ...wave, since: time } : wave))
    .map((wave, index) =>
      gatesOf(hold).reduce((over, gate) => (isOverridden(gate, index) ? overridden(over, gate) : over), wave),
    );
  return { ...rest, status: resumes, waves };
}

/** Once somebody went on without evidence from a wave, it is not asked for again. */
function overridden(wave: Wave, { code }: GateDecision): Wave {
  const noted = { ...wave, acknowledged: wave.counts.failed };
  return code === 'no-evidence' ? { ...noted, unproven: true } : noted;
}

/** True for a wave whose failures the gate had counted. One gate is overridden and no other: of another wave nobody was told anything. */
function isOverridden({ per, wave }: GateDecision, index: number): boolean {
  return per === 'rollout' || wave === index;
}

/** The failed devices wait again, and their waves run again. */
export function retried(rollout: AcceptedRollout, event: Of<'RolloutRetried'>): AcceptedRollout {
  const { data, time } = event;
  const retry = askedBy(rollout, event);
  if (isRollbackOver(rollout)) return retriedBack(rollout, time, retry);
  const waves = rollout.waves.map((wave, index) => {
    const { failed } = wave.counts;
    if (failed === 0 || (data.wave ?? index) !== index) return wave;
    const { acknowledged: _seen, retrying = 0, ...rest } = wave;
    const counts = moved(wave.counts, 'failed', 'waiting', failed);
    return runningAgain({ ...rest, counts, retrying: retrying + failed, ...given({ retry }) }, time);
  });
  const next = { ...rollout, waves };
  return next.status === 'completed' ? { ...next, status: 'running' } : next;
}

/** Nobody waits for the wave any more: who was not told is skipped, who waits after a failure has failed, and who is in flight ends by its own events. */
export function waveSkipped(rollout: AcceptedRollout, event: Of<'WaveSkipped'>): AcceptedRollout {
  const { time, data } = event;
  const waves = rollout.waves.map((wave, index): Wave => {
    if (index !== data.wave || wave.status === 'completed') return wave;
    const { counts, retrying } = withoutWaiting(wave, 'skipped');
    const begun = wave.status === 'pending' ? started(wave, event) : wave;
    return { ...begun, counts, ...given({ retrying }), status: 'completed', completed_at: time, skipped_at: time };
  });
  return { ...rollout, waves };
}

/** The rollout goes on with what it is to be from now on. */
export function amended(rollout: AcceptedRollout, { data }: Of<'RolloutAmended'>): AcceptedRollout {
  const waves = data.waves ? withReplan(rollout.waves, data.waves, data.from) : rollout.waves;
  const { no_way_back: before, ...rest } = rollout;
  const spec = withAmendment(rollout.spec, data);
  // Only where failures roll back does anybody count.
  const no_way_back = rollsBack(spec) ? (data.no_way_back ?? before) : undefined;
  return { ...rest, spec, waves, ...given({ no_way_back }) } as AcceptedRollout;
}

/** Who waits is cancelled, or has failed before; who is in flight ends by its own events. */
function cancelWaiting(waves: readonly Wave[]): Wave[] {
  return waves.map((wave) => withoutWaiting(wave, 'cancelled'));
}

/** Nobody is told any more, in whichever stage. Devices of the plan that never came do not come any more. */
export function aborted(rollout: AcceptedRollout, event: Of<'RolloutAborted'>): AcceptedRollout {
  const rollback = rollbackIn(rollout);
  return {
    ...rollout,
    status: 'aborted',
    hold: holdOf(event),
    waves: cancelWaiting(rollout.waves).map((wave) => ({ ...wave, eligible: total(wave.counts) })),
    ...(rollback && { rollback: stoppedRollback(rollback) }),
  };
}

/** The stage forward ends here; the waves of the rollback come with its devices. One that was stopped goes on with those that are not back. */
export function triggered(rollout: AcceptedRollout, event: Of<'RollbackTriggered'>): AcceptedRollout {
  const { cause, reason, gate } = event.data;
  const asked = askedBy(rollout, event);
  const about = { cause, at: event.time, ref: refOf(event), ...given({ reason, gate, asked }) };
  const stopped = isStoppedBack(rollout) ? rollbackIn(retriedBack(rollout, event.time, asked)) : undefined;
  if (stopped) {
    const { reason: _why, gate: _what, asked: _who, ...rest } = stopped;
    return { ...rollout, status: 'rolling_back', rollback: { ...rest, ...about } };
  }
  const eligible = rollout.waves.reduce((sum, wave) => sum + wave.eligible, 0);
  const size = rollbackWaveSize(rollout.spec.strategy, eligible);
  return {
    ...rollout,
    status: 'rolling_back',
    waves: cancelWaiting(rollout.waves),
    rollback: {
      ...{ ...about, waves: [], unavailable: {}, not_back: allBack, retrying: {} },
      // JSON has no infinity, and no rollout has as many devices.
      wave_size: Number.isFinite(size) ? size : Number.MAX_SAFE_INTEGER,
    },
  };
}
