import type { Fact, Stage } from '@edgeflow/contracts';
import { endNumbers } from './counts.js';
import { successGate } from './gate.js';
import { hasEnded } from './next-wave.js';
import { wavesIn } from './placement.js';
import type { AcceptedRollout } from './rollout.state.js';

/** The waves forward that run, by their number. */
export function runningWaves({ waves }: AcceptedRollout): number[] {
  return waves.flatMap((wave, index) => (wave.status === 'running' ? [index] : []));
}

/** The end of a wave whose devices have all ended, with what its gate says, which the way back has none of; nothing while it waits for one. */
export function completion(rollout: AcceptedRollout, stage: Stage, index: number): Fact<'WaveCompleted'>[] {
  const wave = wavesIn(rollout, stage)[index];
  if (!wave || !hasEnded(wave)) return [];
  const gate = stage === 'forward' ? successGate(rollout, wave, index) : undefined;
  const { rollout_id } = rollout;
  const numbers = endNumbers(wave.counts);
  return [{ type: 'WaveCompleted', data: { rollout_id, stage, wave: index, numbers, ...(gate && { gate }) } }];
}
