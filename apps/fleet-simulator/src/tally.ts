/** What happened so far, in one process or in all. */
export interface Tally {
  devices: number;
  /** Connected now. */
  connected: number;
  updated: number;
  /** Updates that failed, by the code that the device reported; `goes-silent` reports nothing. */
  failed: Record<string, number>;
  cancelled: number;
  /** Downloaded. */
  bytes: number;
  /** From the offer to the boot of the new version, milliseconds, each success. */
  durations_ms: number[];
}

const COUNTS = ['devices', 'connected', 'updated', 'cancelled', 'bytes'] as const;

export const emptyTally = (): Tally => ({
  devices: 0,
  connected: 0,
  updated: 0,
  failed: {},
  cancelled: 0,
  bytes: 0,
  durations_ms: [],
});

/** All tallies as one. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const { failed, durations_ms, ...counts } of tallies) {
    for (const name of COUNTS) sum[name] += counts[name];
    for (const [code, count] of Object.entries(failed)) sum.failed[code] = (sum.failed[code] ?? 0) + count;
    for (const duration of durations_ms) sum.durations_ms.push(duration);
  }
  return sum;
}

/** The value that `share` of the values do not exceed (nearest rank), or null without values. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** What is printed at the end. */
export function summaryOf({ durations_ms, ...counts }: Tally, seconds: number): object {
  const rounded = (share: number) => Math.round(percentile(durations_ms, share) ?? 0);
  const duration_ms = durations_ms.length > 0 ? { p50: rounded(0.5), p99: rounded(0.99) } : null;
  return { ...counts, duration_ms, seconds: Math.round(seconds) };
}

/** One line for the terminal. */
export function lineOf({ devices, connected, updated, failed, bytes }: Tally, seconds: number): string {
  const failures = Object.entries(failed).map(([code, count]) => `${code} ${count}`);
  const mebibytes = (bytes / 2 ** 20).toFixed(1);
  const parts = [`${connected}/${devices} connected`, `${updated} updated`, `${mebibytes} MiB`, ...failures];
  return `${Math.round(seconds)} s: ${parts.join(', ')}`;
}
