import { createHash } from 'node:crypto';
import {
  beginningOf,
  deriveId,
  isLegalAttribute,
  isNestedDeeper,
  isToken,
  requestStream,
  given,
} from '@edgeflow/contracts';
import type { OtaEvent, Refused, StreamOf } from '@edgeflow/contracts';
import { REQUEST_BYTES_MAX, type InboxMessage } from '@edgeflow/event-log';
import { write } from '../source.js';

/** What a refusal has to know of the message that it refuses. */
export type RefusedMessage = Pick<InboxMessage, 'org' | 'request_id' | 'type' | 'headers' | 'body'>;

/** The stream of a request. A team may write an id that no subject of ours takes: its stream has one that is made from it. */
function streamOf({ org, request_id }: Pick<InboxMessage, 'org' | 'request_id'>): StreamOf<'request'> {
  return requestStream(org, isToken(request_id) ? request_id : deriveId('req', org, request_id));
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
  const stream = streamOf(message);
  const digest = createHash('sha256').update(body).digest('hex');
  const source = sourceOf(message);
  const data = {
    request_id: stream.entity_id,
    ...(isToken(type) && { type }),
    ...given({ source }),
    ...{ code, detail: wordsOf(message, detail) },
    ...(suppressed > 0 && { suppressed }),
  };
  const key = [org, stream.entity_id, 'refused', code, type, digest];
  return write(stream, { type: 'RequestRefused', data }, { key, at });
}

/** A team finds its own id in the words where the event cannot carry it. */
function wordsOf({ request_id }: RefusedMessage, detail: string): string {
  const named = isToken(request_id as unknown) ? '' : ` (request id ${beginningOf(request_id, 128)})`;
  return `${beginningOf(detail, 800)}${named}`;
}

/** What the message says of who sent it, whatever else is wrong with it: in its header, or in structured mode in its body. */
function sourceOf({ headers, body }: RefusedMessage): string | undefined {
  const source = headers.get('ce-source') ?? sourceIn(body) ?? '';
  return source !== '' && isLegalAttribute(source) ? [...source].slice(0, 256).join('') : undefined;
}

/** Undefined also where the body is too large, or too deep, to be read. */
function sourceIn(body: InboxMessage['body']): string | undefined {
  if (body.length > REQUEST_BYTES_MAX || isNestedDeeper(body)) return undefined;
  try {
    const { source } = Object(JSON.parse(new TextDecoder().decode(body))) as { source?: unknown };
    return typeof source === 'string' ? source : undefined;
  } catch {
    return undefined;
  }
}
