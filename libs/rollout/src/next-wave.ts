import { open } from './counts.js';
import type { AcceptedRollout, Wave } from './rollout.state.js';

/** The wave that starts next on the way out, when all before it have ended; undefined while one runs, or after the last. */
export function nextWave({ waves }: Pick<AcceptedRollout, 'waves'>): number | undefined {
  const index = waves.findIndex(({ status }) => status === 'pending');
  const before = index < 0 ? waves : waves.slice(0, index);
  return index >= 0 && before.every(({ status }) => status === 'completed') ? index : undefined;
}

/** The wave that waits for someone's approval; undefined when none does. */
export function awaitedApproval(rollout: AcceptedRollout): number | undefined {
  const { approval = 'none' } = rollout.spec;
  if (rollout.status !== 'accepted' && rollout.status !== 'running') return undefined;
  const wave = nextWave(rollout);
  if (wave === undefined || approval === 'none' || rollout.approved >= wave) return undefined;
  return approval === 'every_wave' || wave === 0 ? wave : undefined;
}

/** When the soak before the next wave is over, in milliseconds since 1970; undefined before the first wave. An empty wave needs none. */
export function soakEnds({ waves }: Pick<AcceptedRollout, 'waves'>, next: number): number | undefined {
  const before = waves[next - 1];
  if (before?.status !== 'completed') return undefined;
  const soak_s = before.eligible === 0 ? 0 : before.soak_s;
  return Date.parse(before.completed_at) + soak_s * 1000;
}

/** True for a wave that runs and whose devices have all ended. */
export function hasEnded(wave: Wave): boolean {
  return wave.status === 'running' && open(wave.counts) === 0;
}
