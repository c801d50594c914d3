import { unreachable, type PlannedWave, type RolloutStrategy, given } from '@edgeflow/contracts';
import { shareOf } from './percent.js';

/** More waves than this are refused: a rollout's state stays small. */
export const MAX_WAVES = 1_000;

/** What a wave takes, before it is known how many devices there are. */
interface Share {
  percent?: number;
  count?: number;
  soak_s?: number;
  success_percent?: number;
}

/**
 * The waves of a strategy over so many eligible devices, in order; their sizes add up to `eligible`. A percentage is of all eligible
 * devices, rounded up, so that a wave has a device as long as there is one left. What the named waves leave over is one more wave.
 * May be longer than `MAX_WAVES`: the caller refuses that.
 */
export function wavesOf(strategy: RolloutStrategy, eligible: number): PlannedWave[] {
  switch (strategy.type) {
    case 'all_at_once':
      return [{ eligible, soak_s: 0 }];
    case 'rolling':
      return batches(strategy, eligible, eligible);
    case 'canary': {
      const canary = sized(strategy, eligible, eligible);
      return [canary, ...rest(strategy, eligible, eligible - canary.eligible)];
    }
    case 'staged':
      return staged(strategy.waves ?? [], eligible);
    default:
      return unreachable(strategy.type);
  }
}

/** How many devices each wave of the rollback takes: the batch of a rolling strategy, else all of them at once. */
export function rollbackWaveSize(strategy: RolloutStrategy, eligible: number): number {
  const { type, then } = strategy;
  if (type === 'canary') return then ? rollbackWaveSize(then, eligible) : Infinity;
  return type === 'rolling' ? batchSize(strategy, eligible) : Infinity;
}

/** Seconds between a wave of so many and the next one, as its strategy says; a batch that is the last has none to wait for. */
export function soakOf(strategy: RolloutStrategy, index: number, waves: number): number {
  const { type, soak_s = 0, pause_between_s = 0, then } = strategy;
  switch (type) {
    case 'all_at_once':
      return 0;
    case 'rolling':
      return index < waves - 1 ? pause_between_s : 0;
    case 'canary':
      if (index === 0) return soak_s;
      return then?.type === 'rolling' ? soakOf(then, index, waves) : 0;
    case 'staged':
      return strategy.waves?.[index]?.soak_s ?? 0;
    default:
      return unreachable(type);
  }
}

function sized({ percent, count, soak_s = 0, success_percent }: Share, eligible: number, left: number): PlannedWave {
  const wanted = count ?? shareOf(percent ?? 100, eligible);
  return {
    eligible: Math.min(left, wanted),
    soak_s,
    ...given({ success_percent }),
  };
}

/** Devices in a batch of a rolling strategy over so many eligible devices. */
export function batchSize({ batch_size, batch_percent = 100 }: RolloutStrategy, eligible: number): number {
  return Math.max(1, batch_size ?? shareOf(batch_percent, eligible));
}

/** Batches over what is left; there is at least one, which may be empty. A percentage is of all eligible devices. */
function batches(strategy: RolloutStrategy, eligible: number, left: number): PlannedWave[] {
  const size = batchSize(strategy, eligible);
  const soak_s = strategy.pause_between_s ?? 0;
  const count = Math.max(1, Math.ceil(left / size));
  return Array.from({ length: count }, (_, n) => ({
    eligible: Math.min(size, left - n * size),
    soak_s: n === count - 1 ? 0 : soak_s,
  }));
}

function rest({ then }: RolloutStrategy, eligible: number, left: number): PlannedWave[] {
  return then?.type === 'rolling' ? batches(then, eligible, left) : [{ eligible: left, soak_s: 0 }];
}

function staged(shares: readonly Share[], eligible: number): PlannedWave[] {
  let left = eligible;
  const waves = shares.map((share) => {
    const wave = sized(share, eligible, left);
    left -= wave.eligible;
    return wave;
  });
  return left > 0 ? [...waves, { eligible: left, soak_s: 0 }] : waves;
}
