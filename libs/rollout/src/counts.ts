import type { EndNumbers } from '@edgeflow/contracts';
import { MEMBER_STATUSES, type Counts, type MemberStatus, type Wave } from './rollout.state.js';

export const noCounts: Counts = { waiting: 0, in_flight: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };

/** Moves `n` devices from one status to another; without a `from` they are new. */
export function moved(counts: Counts, from: MemberStatus | undefined, to: MemberStatus, n = 1): Counts {
  const left = from === undefined ? counts : { ...counts, [from]: counts[from] - n };
  return { ...left, [to]: left[to] + n };
}

/** All devices, whatever their status. */
export function total(counts: Counts): number {
  return MEMBER_STATUSES.reduce((sum, status) => sum + counts[status], 0);
}

/** Devices that have not ended. */
export function open({ waiting, in_flight }: Counts): number {
  return waiting + in_flight;
}

/** The counts of all waves together. */
export function sumOf(waves: readonly Pick<Wave, 'counts'>[]): Counts {
  const sum = (status: MemberStatus): number => waves.reduce((all, wave) => all + wave.counts[status], 0);
  return Object.fromEntries(MEMBER_STATUSES.map((status) => [status, sum(status)])) as unknown as Counts;
}

/** Counts by reason after one more, or one less, of each; no reason has a count of 0. */
export function countedIn(
  counts: Readonly<Record<string, number>>,
  reasons: readonly string[],
  change: 1 | -1 = 1,
): Record<string, number> {
  const next = { ...counts };
  for (const reason of reasons) next[reason] = (next[reason] ?? 0) + change;
  return Object.fromEntries(Object.entries(next).filter(([, count]) => count > 0));
}

/** Two counts by reason together. */
export function sumByReason(
  counts: Readonly<Record<string, number>>,
  others: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...counts };
  for (const [reason, count] of Object.entries(others)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}

/** All that was counted, whatever the reason. */
export function inAll(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** What an event says of how devices have ended. */
export function endNumbers(counts: Counts): EndNumbers {
  const { succeeded, failed, cancelled, skipped } = counts;
  return { eligible: total(counts), succeeded, failed, cancelled, skipped };
}
