import type { StoredEvent } from '@edgeflow/contracts';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { eventsOf } from '../security/events-of.js';
import { auditFaults } from './invariants/audit-trail.js';
import { rowFaults } from './invariants/fresh-rows.js';
import { rolloutFaults } from './invariants/rollout-counts.js';
import { updateFaults } from './invariants/updates.js';

/** A write that a spec made, with how it was answered and how its event is known. */
export interface Write {
  /** What it was, for people. */
  what: string;
  /** The HTTP status; 5xx says nothing of the log, since what was not answered in time may be stored. */
  status: number;
  /** Its event, if there is one. */
  event: (event: StoredEvent) => boolean;
}

/**
 * What must hold over the whole log of an installation, whatever has failed in it meanwhile: one end of each update, at most one open update
 * of a device, rows that a fresh fold makes as well, counts of rollouts that add up, whole audit trails, and each write that was answered
 * with 2xx on the log and none that was refused. Waits until the folds have caught up.
 * @throws Error that names everything that does not hold
 */
export async function holds(standalone: StandaloneUnderTest, writes: readonly Write[] = []): Promise<void> {
  const events = await eventsOf(standalone);
  const end = events.at(-1)?.position ?? 0;
  await answersFrom(standalone, end);
  const faults = [
    ...updateFaults(events),
    ...writeFaults(events, writes),
    ...(await rowFaults(standalone, end)),
    ...(await rolloutFaults(standalone, events)),
    ...(await auditFaults(standalone)),
  ];
  if (faults.length > 0) throw new Error(`of ${events.length} events does not hold:\n${faults.join('\n')}`);
}

/** @returns what is wrong, a line each */
export function writeFaults(events: readonly StoredEvent[], writes: readonly Write[]): string[] {
  return writes.flatMap(({ what, status, event }) => {
    const stored = events.some(event);
    if (status >= 200 && status < 300 && !stored) return [`${what} was answered with ${status} and is not on the log`];
    if (status >= 400 && status < 500 && stored) return [`${what} was refused with ${status} and is on the log`];
    return [];
  });
}

/** A service that was killed just now is asked until it is there again. */
async function answersFrom(standalone: StandaloneUnderTest, end: number): Promise<void> {
  const path = `/query/v1/audit/head?after=${end}`;
  await standalone.eventually(
    () => standalone.ask('acme', 'auditor', 'GET', path).catch((error) => ({ status: 0, body: error as unknown })),
    ({ status }) => status === 200,
  );
}
