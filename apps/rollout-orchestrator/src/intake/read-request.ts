import {
  Refused,
  eventClasses,
  fromMessage,
  isEventName,
  isLegalAttribute,
  isNestedDeeper,
  isRequest,
  JSON_DEPTH_MAX,
  schemaOf,
  type OtaEvent,
  type RequestName,
} from '@edgeflow/contracts';
import { REQUEST_BYTES_MAX, type InboxMessage } from '@edgeflow/event-log';
import { actionViolation, parseSpec } from '@edgeflow/rollout';
import { checkedWindow } from '../rollouts/checked-window.js';

export type RequestEvent = OtaEvent<RequestName>;

/** What a team may say of itself, in characters. */
const MAX_SOURCE = 256;
/** An id of a chain of events is indexed by whoever folds it. */
const MAX_ID = 128;
/** W3C Trace Context, 3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** What Postgres takes for a time: the years 1 to 9999, as JavaScript writes them. */
const TIME = /^(?!0000)\d{4}-/;

/**
 * The request in a message of a team, checked as HTTP checks one before it is stored: its size and depth before anything walks it, then
 * whether it is an event, of which request, and what it asks for. Pure.
 * @throws Refused `event-invalid` or `subject-invalid` for what is no request, `request-id-mismatch`, `invalid-request` with the first
 *   thing that is wrong, in words
 */
export function readRequest({ org, request_id, type, headers, body, stored_at }: InboxMessage): RequestEvent {
  if (body.length > REQUEST_BYTES_MAX) throw new Refused('invalid-request', 'the request is too large');
  if (isNestedDeeper(body)) {
    throw new Refused('event-invalid', `the request is nested deeper than ${JSON_DEPTH_MAX} levels`);
  }
  if (!isEventName(type) || !isRequest({ type }))
    throw new Refused('event-invalid', 'the type is not one of a request');
  const event = fromMessage({ subject: `ota.${org}.request.${request_id}.${type}`, headers, body, stored_at });
  checkIds(event.id, headers.get('nats-msg-id'), request_id);
  if (event.violation !== undefined) throw new Refused('invalid-request', event.violation);
  return withinBounds(checked(event as RequestEvent));
}

function checkIds(id: string, msgId: string | undefined, request_id: string): void {
  if (id === request_id && (msgId ?? id) === id) return;
  const given = msgId === undefined ? '' : `, Nats-Msg-Id ${msgId.slice(0, MAX_ID)}`;
  throw new Refused('request-id-mismatch', `The subject says ${request_id}, ce-id ${id}${given}.`);
}

/** What no schema says, and what HTTP would have dropped. @throws Refused `invalid-request` */
function checked(event: RequestEvent): RequestEvent {
  switch (event.type) {
    case 'RolloutRequested':
      parseSpec(event.data, ['reason', 'requested_by']);
      return event;
    case 'FleetWindowRequested':
      if (event.data.window !== undefined) checkedWindow(event.data.window);
      return withKnownMembers(event);
    default: {
      const violation = actionViolation({ ...event, position: 0 });
      if (violation !== undefined) throw new Refused('invalid-request', violation);
      return withKnownMembers(event);
    }
  }
}

/** The log is not the place for members that nobody reads: they might be most of the message. */
function withKnownMembers(event: RequestEvent): RequestEvent {
  const { properties } = schemaOf(eventClasses[event.type]) as { properties: object };
  const data = Object.fromEntries(Object.entries(event.data).filter(([name]) => Object.hasOwn(properties, name)));
  return { ...event, data } as RequestEvent;
}

/** The context that a team gave, as far as it can be kept. @throws Refused `event-invalid` */
function withinBounds({ traceparent, causation_id, correlation_id, ...event }: RequestEvent): RequestEvent {
  if (!TIME.test(event.time)) throw new Refused('event-invalid', 'the time is not within the years 1 to 9999');
  if (!isLegalAttribute(event.source)) throw new Refused('event-invalid', 'the source holds an illegal character');
  return {
    ...event,
    source: [...event.source].slice(0, MAX_SOURCE).join(''),
    correlation_id: isId(correlation_id) ? correlation_id : event.id,
    ...(causation_id !== undefined && isId(causation_id) && { causation_id }),
    ...(traceparent !== undefined && TRACEPARENT.test(traceparent) && { traceparent }),
  } as RequestEvent;
}

function isId(text: string): boolean {
  return text.length > 0 && text.length <= MAX_ID && isLegalAttribute(text);
}
