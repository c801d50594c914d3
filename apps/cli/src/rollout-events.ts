import { Refused, streamSubject, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';

/** What is looked for. */
export interface Wanted {
  rollout: string;
  org?: string | undefined;
}

/**
 * The events of a rollout's stream, and of its devices' update streams those that carry its id.
 * @throws Refused `rollout-unknown`, `subject-invalid`, `log-unavailable`; Error of one line when several orgs have it
 */
export async function rolloutEvents(log: EventLog, { rollout, org }: Wanted): Promise<StoredEvent[]> {
  const own = await Array.fromAsync(log.scan([rolloutSubject(rollout, org)]));
  const [first] = own;
  if (!first)
    throw new Refused('rollout-unknown', `There is no rollout ${rollout}${org === undefined ? '' : ` in ${org}`}.`);
  const orgs = [...new Set(own.map((event) => event.org))].sort();
  if (orgs.length > 1) throw new Error(`${orgs.join(' and ')} both have a rollout ${rollout}: say which with --org`);
  const events = [...own];
  for await (const event of log.scan([`ota.${first.org}.update.*.>`], { from: first.position })) {
    if ('rollout_id' in event.data && event.data.rollout_id === rollout) events.push(event);
  }
  return events;
}

function rolloutSubject(rollout: string, org: string | undefined): string {
  const subject = streamSubject({ org: org ?? 'any', entity: 'rollout', entity_id: rollout });
  return org === undefined ? subject.replace('ota.any.', 'ota.*.') : subject;
}
