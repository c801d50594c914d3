import { createHash } from 'node:crypto';
import {
  beginningOf,
  deriveId,
  isLegalAttribute,
  isToken,
  toEvent,
  type Lane,
  type OtaEvent,
  type Refused,
} from '@edgeflow/contracts';
import type { InboxMessage } from '@edgeflow/event-log';
import { SOURCE } from '../lanes/lane-appender.js';

/** What a refusal has to know of the message that it refuses. */
export type RefusedMessage = Pick<InboxMessage, 'org' | 'request_id' | 'type' | 'headers' | 'body'>;

/** The lane of a request. A team may write an id that no subject of ours takes: its lane has one that is made from it. */
export function requestLane({ org, request_id }: Pick<InboxMessage, 'org' | 'request_id'>): Lane {
  const entity_id = isToken(request_id) ? request_id : deriveId('req', org, request_id);
  return { org, entity: 'request', entity_id };
}

/**
 * The answer to a message that is not taken. The same message refused for the same reason is the same event.
 * @param suppressed refusals since the last one that was stored; 0 for none
 */
export function refusalOf(
  message: RefusedMessage,
  { code, detail }: Refused,
  { at, suppressed = 0 }: { at: Date; suppressed?: number },
): OtaEvent<'RequestRefused'> {
  const { org, type, body } = message;
  const lane = requestLane(message);
  const digest = createHash('sha256').update(body).digest('hex');
  const source = sourceOf(message);
  const data = {
    request_id: lane.entity_id,
    ...(isToken(type) && { type }),
    ...(source !== undefined && { source }),
    ...{ code, detail: wordsOf(message, detail) },
    ...(suppressed > 0 && { suppressed }),
  };
  const id = deriveId('evt', org, lane.entity_id, 'refused', code, type, digest);
  return toEvent(lane, { type: 'RequestRefused', data }, { id, source: SOURCE, time: at.toISOString() });
}

/** A team finds its own id in the words where the event cannot carry it. */
function wordsOf({ request_id }: RefusedMessage, detail: string): string {
  const named = isToken(request_id as unknown) ? '' : ` (request id ${beginningOf(request_id, 128)})`;
  return `${beginningOf(detail, 800)}${named}`;
}

/** Of a message that could not be read only the header is known. */
function sourceOf({ headers }: RefusedMessage): string | undefined {
  const source = headers.get('ce-source') ?? '';
  return source !== '' && isLegalAttribute(source) ? [...source].slice(0, 256).join('') : undefined;
}
