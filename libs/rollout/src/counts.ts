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

/** What an event says of how devices have ended. */
export function endNumbers(counts: Counts): EndNumbers {
  const { succeeded, failed, cancelled, skipped } = counts;
  return { eligible: total(counts), succeeded, failed, cancelled, skipped };
}
