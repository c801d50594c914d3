import { type EventLog, JetStreamLog, shownServers } from '@edgeflow/event-log';
import { systemClock } from '@edgeflow/runtime';
import { configureLogger, within } from '@edgeflow/telemetry';
import type { Access } from './nats-access.js';

/** A person waits: whoever is away for so long is away, in milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * The log, with the streams as they are; where there are none, and the user may, they are made.
 * @throws Error of one line when NATS is away, too old, does not admit the user, or has other JetStream streams of these names
 */
export async function openLog(access: Access): Promise<EventLog> {
  // Its lines go to stdout, where the result goes.
  configureLogger({ service: 'edgeflow', level: 'silent' });
  const opening = JetStreamLog.connect({ ...access, name: 'edgeflow-cli' });
  const nobody = (): Error => new Error(`NATS at ${shownServers(access.servers)} does not answer, or has no log`);
  return within(PATIENCE_MS, opening, nobody, systemClock);
}
