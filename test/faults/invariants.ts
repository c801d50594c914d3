import type { StoredEvent } from '@edgeflow/contracts';
import { eventInvariants } from '../../apps/world/src/invariants/event-invariants.js';
import { Watch, lineOf } from '../../apps/world/src/invariants/invariant.js';
import { writeFaults, type Write } from '../../apps/world/src/invariants/writes.js';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';
import { eventsOf } from '../security/events-of.js';
import { auditFaults } from './invariants/audit-trail.js';
import { rowFaults } from './invariants/fresh-rows.js';
import { rolloutFaults } from './invariants/rollout-counts.js';

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
    ...eventFaults(events),
    ...writeFaults(events, writes),
    ...(await rowFaults(standalone, end)),
    ...(await rolloutFaults(standalone, events)),
    ...(await auditFaults(standalone)),
  ];
  if (faults.length > 0) throw new Error(`of ${events.length} events does not hold:\n${faults.join('\n')}`);
}

/** What no event may break. What should have come is not asked for: a spec ends while much is under way. */
function eventFaults(events: readonly StoredEvent[]): string[] {
  const watch = new Watch(eventInvariants(0));
  return events.flatMap((event) => watch.observe(event).map(lineOf));
}

/** A service that was killed just now is asked until it is there again. */
async function answersFrom(standalone: StandaloneUnderTest, end: number): Promise<void> {
  const path = `/query/v1/audit/head?after=${end}`;
  await standalone.eventually(
    () => standalone.ask('acme', 'auditor', 'GET', path).catch((error) => ({ status: 0, body: error as unknown })),
    ({ status }) => status === 200,
  );
}
