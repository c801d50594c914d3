import { deriveId, Refused, toBinary, type OtaEvent } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { isFull, isPassing, parseReply } from './publish-reply.js';
import { inAppendSpan } from './spans.js';
import { SCHEDULE_STREAM, SCHEDULED, STREAM } from '../connection/stream.js';
import { toHeaders } from '../wire.js';

const TIMEOUT_MS = 3_000;
/** What is due later than this cannot have been appended yet, in milliseconds: far more than two clocks differ. */
const CLOCKS_MS = 60_000;

/** See `EventLog.schedule`. The server's own clock decides; a time in the past is due at once (NATS ADR-51). */
export function schedule(connection: Connection, event: OtaEvent, at: Date): Promise<void> {
  return inAppendSpan([event], async ([traced = event]) => {
    const mayBeAppended = at.getTime() < connection.clock.now().getTime() + CLOCKS_MS;
    if (mayBeAppended && (await isAppended(connection, event))) return;
    const { subject, headers, body } = toBinary(traced);
    if (!SCHEDULED.some(([entity, type]) => entity === event.entity && type === event.type)) {
      throw new Error(`the log takes over no schedule of ${event.type}`);
    }
    // An id may hold characters that a subject may not.
    const key = deriveId('sch', event.id);
    const entries = new Map([
      ...headers,
      ['Nats-Msg-Id', event.id],
      ['Nats-Expected-Stream', SCHEDULE_STREAM],
      ['Nats-Schedule', `@at ${at.toISOString()}`],
      ['Nats-Schedule-Target', `due.${subject}.${key}`],
      // It outlasts the age at which its stream drops what was due. What was due has no lease of its own: the log would honour it.
      ['Nats-TTL', 'never'],
    ]);
    const options = { headers: toHeaders(entries), timeout: TIMEOUT_MS };
    const answer = await connection.ask(() => connection.nats.request(`schedule.${key}`, body, options));
    const reply = parseReply(answer.data);
    if ('seq' in reply) return;
    if (isFull(reply)) throw new Refused('log-full', undefined, { reason: reply.description });
    if (isPassing(reply)) throw new Refused('log-unavailable', undefined, { reason: reply.description });
    throw new Error(`the schedule was refused: ${reply.description} (${reply.err_code})`);
  });
}

/** The server forgets ids after the duplicate window; a caller that comes again after the event was due must not have it twice. */
async function isAppended(connection: Connection, event: OtaEvent): Promise<boolean> {
  const { subject, headers } = toBinary(event);
  const last = await connection.ask(() => connection.manager.direct.getMessage(STREAM, { last_by_subj: subject }));
  return last?.header.get('ce-id') === headers.get('ce-id');
}
