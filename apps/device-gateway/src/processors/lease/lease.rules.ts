import type { ProcessIdentity } from '@edgeflow/configuration/process-table';
import { RENEWALS, type Holder, type LeaseRecord } from './lease-record.js';

/** So long the server keeps the word that a lease was released, in seconds. */
export const RELEASED_S = 3_600;

/** Between two renewals, in seconds. */
export function renewalOf({ lease_s }: Pick<LeaseRecord, 'lease_s'>): number {
  return lease_s / RENEWALS;
}

/**
 * True when the process cannot run any more, as far as this machine knows: so its id may be taken at once. Of another machine, or another
 * kernel, nothing is known; of another container of this one neither.
 * @param isAlive whether a process runs among those that we see
 */
export function isProvablyDead(holder: Holder, here: Holder, isAlive: (process: ProcessIdentity) => boolean): boolean {
  const { pid, started, boot_id, pid_space, container } = holder;
  if (boot_id === undefined || boot_id !== here.boot_id) return false;
  if (pid_space === undefined || started === undefined || here.pid_space === undefined) return false;
  if (pid_space === here.pid_space) return !isAlive({ pid, started });
  // The container runs us now: what it ran before has ended with its processes.
  return container !== undefined && container === here.container;
}

/**
 * What a gateway that starts may do with a lease: take it, or watch first whether somebody renews it.
 * @param lease undefined when there is none
 */
export function mayTake(
  lease: LeaseRecord | undefined,
  here: Holder,
  isAlive: (process: ProcessIdentity) => boolean,
): boolean {
  return lease?.status !== 'held' || isProvablyDead(lease.holder, here, isAlive);
}

/**
 * True when a lease that is not as its holder left it is still its own: a renewal went through that seemed to fail, or the server has lost
 * the end of what it had stored. Who took it away would have said so, for an hour.
 * @param silent_s since the holder's last renewal
 */
export function isStillOurs(lease: LeaseRecord | undefined, instance: string, silent_s: number): boolean {
  if (!lease) return silent_s < RELEASED_S;
  return lease.status === 'held' && lease.holder.instance === instance;
}
