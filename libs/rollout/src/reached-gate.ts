import type { Fact, GateDecision } from '@edgeflow/contracts';
import { resumed } from './control.evolve.js';
import { failureGate, lateGate, missingProof, tornGate } from './gate.js';
import { lastEnded } from './next-wave.js';
import { isSkipped, type AcceptedRollout, type Rollout } from './rollout.state.js';
import { completion, runningWaves } from './wave-end.js';

/** What a gate does. */
type Stop = 'RolloutPaused' | 'RolloutAborted' | 'RollbackTriggered';

/**
 * What a gate does that is reached, with the ends of the waves that it comes with: whoever asks to go on meanwhile is answered after it. Nothing where none is. What
 * somebody has paused stays so, whatever the gate is to do, and is held by each gate that would stop it as soon as it is resumed.
 */
export function stopped(rollout: Rollout): Fact<Stop | 'WaveCompleted'>[] {
  if (rollout.status === 'running') return stops(rollout, actOn);
  if (rollout.status !== 'paused' || rollout.resumes !== 'running' || rollout.hold.cause !== 'operator') return [];
  return stops(resumed(rollout, { time: rollout.hold.at }), held);
}

function stops(
  rollout: AcceptedRollout,
  act: (rollout: AcceptedRollout, gate: GateDecision) => Fact<Stop>,
): Fact<Stop | 'WaveCompleted'>[] {
  const running = runningWaves(rollout);
  const completed = running.flatMap((index) => completion(rollout, 'forward', index));
  // The failure gate of the last one may have been tightened since.
  const ended = lastEnded(rollout);
  const tripped = [...running, ...(ended === undefined ? [] : [ended])]
    .map((index) => failureGate(rollout, index))
    .find((one) => one);
  const reached = tripped ?? afterSkip(rollout) ?? notPassed(completed) ?? tornGate(rollout);
  const gate = reached ?? lateGate(rollout) ?? missingProof(rollout);
  return gate ? [...completed, act(rollout, gate)] : [];
}

/** Nobody asks the gates of a skipped wave; its failures count in the whole rollout all the same. */
function afterSkip(rollout: AcceptedRollout): GateDecision | undefined {
  const skipped = rollout.waves.findLastIndex(isSkipped);
  return skipped >= 0 && rollout.spec.failure?.per === 'rollout' ? failureGate(rollout, skipped) : undefined;
}

function notPassed(completed: readonly Fact<'WaveCompleted'>[]): GateDecision | undefined {
  return completed.map(({ data }) => data.gate).find((gate) => gate?.passed === false);
}

function actOn(rollout: AcceptedRollout, gate: GateDecision): Fact<Stop> {
  const { rollout_id } = rollout;
  const data = { rollout_id, cause: 'gate' as const, gate };
  switch (gate.action) {
    case 'abort':
      return { type: 'RolloutAborted', data };
    case 'rollback':
      return { type: 'RollbackTriggered', data };
    default:
      return held(rollout, gate);
  }
}

function held({ rollout_id }: AcceptedRollout, gate: GateDecision): Fact<Stop> {
  return { type: 'RolloutPaused', data: { rollout_id, cause: 'gate', gate } };
}
