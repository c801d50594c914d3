import { devicesOf, type Outcome, type Recorded, type RecordedDevice, type Turn } from './recorded.js';

/** What is taken for devices without a recorded outcome. `as-recorded`: they fail at the share at which the others did. */
export const ASSUMPTIONS = ['as-recorded', 'succeed', 'fail'] as const;
export type Assume = (typeof ASSUMPTIONS)[number];

/** An update's duration where no log has one, in milliseconds: something has to be taken, and it is said. */
export const UNKNOWN_DURATION_MS = 60_000;

/** What is taken of the devices whose outcome no log has. */
export interface Assumed {
  /** By device, which way it goes; devices with an outcome are not in it. */
  ends: ReadonlyMap<string, 'succeeded' | 'failed'>;
  /** Devices that have an outcome by which the share goes. */
  finished: number;
  failed: number;
  /** How long an update takes that ends this way, in milliseconds; undefined where none is recorded. */
  median_ms: { succeeded: number | undefined; failed: number | undefined };
  /** The most frequent code of the recorded failures: whether it is tried again depends on it. */
  code: string;
}

/** Decides for each device without an outcome. Deterministic: the failures are spread evenly over the rollout's order. */
export function assumedFor(recorded: Recorded, assume: Assume): Assumed {
  const devices = devicesOf(recorded);
  const failed = devices.filter(({ outcome }) => outcome.status === 'failed').length;
  const finished = failed + devices.filter(({ outcome }) => outcome.status === 'succeeded').length;
  const unknown = devices.filter(({ outcome }) => outcome.status === 'none');
  const ends = unknown.map(({ device_id }, n) => [device_id, fails(n, assume, failed, finished)] as const);
  const updates = devices.flatMap(({ turns }) => turns.filter(({ dispatched }) => dispatched));
  const durations = (end: Turn['end']) => updates.filter((turn) => turn.end === end).map(({ took_ms }) => took_ms);
  return {
    ends: new Map(ends.map(([id, fail]) => [id, fail ? 'failed' : 'succeeded'])),
    ...{ finished, failed },
    median_ms: { succeeded: medianOf(durations('succeeded')), failed: medianOf(durations('failed')) },
    code: mostFrequent(devices.map(({ outcome }) => outcome)) ?? 'unknown',
  };
}

/**
 * The turn of a device that has none recorded any more. It takes at least as long as the device was seen to be waited for and under
 * way: else a rollout that was stopped early would look as if its slow devices were fast.
 */
export function assumedTurn({ device_id, unfinished }: RecordedDevice, { ends, median_ms, code }: Assumed): Turn {
  const end = ends.get(device_id) ?? 'succeeded';
  const other = end === 'failed' ? 'succeeded' : 'failed';
  const usual_ms = median_ms[end] ?? median_ms[other] ?? UNKNOWN_DURATION_MS;
  return {
    dispatched: true,
    ...{ end, code: end === 'failed' ? code : null },
    reach_ms: unfinished.reach_ms,
    took_ms: Math.max(usual_ms, unfinished.seen_ms),
    // After everything that is known to have happened at the same time.
    ...{ dispatched_position: Infinity, end_position: Infinity },
  };
}

function fails(n: number, assume: Assume, failed: number, finished: number): boolean {
  if (assume !== 'as-recorded' || finished === 0) return assume === 'fail';
  return Math.floor(((n + 1) * failed) / finished) > Math.floor((n * failed) / finished);
}

function medianOf(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

function mostFrequent(outcomes: readonly Outcome[]): string | undefined {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    if (outcome.status === 'failed') counts.set(outcome.code, (counts.get(outcome.code) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return most?.[0];
}
