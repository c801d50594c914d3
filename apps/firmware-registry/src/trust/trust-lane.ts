import type { EventLog } from '@edgeflow/event-log';
import { trustIn, trustLane, type Trust } from '@edgeflow/firmware';

/** What an organization trusts now, as its lane has it. @throws Refused `log-unavailable` */
export async function trustOf(log: EventLog, org: string): Promise<Trust> {
  return trustIn(await log.readLane(trustLane(org)));
}
