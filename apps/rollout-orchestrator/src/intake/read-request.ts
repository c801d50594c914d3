import {
  Refused,
  assertKnownMembers,
  eventClasses,
  fromMessage,
  isEventName,
  isNestedDeeper,
  isRequest,
  isReservedSource,
  JSON_DEPTH_MAX,
  type DataOf,
  type OtaEvent,
  type RequestName,
} from '@edgeflow/contracts';
import { REQUEST_BYTES_MAX, type InboxMessage } from '@edgeflow/event-log';
import { actionViolation, parseSpec } from '@edgeflow/rollout';
import { checkStart, checkTiming } from '../requests/checked-timing.js';
import { checkedWindow } from '../rollouts/checked-window.js';

export type RequestEvent = OtaEvent<RequestName>;

/** What a team may say of itself, in characters. */
const MAX_SOURCE = 256;
/** The characters of a URI-reference (RFC 3986, 2). */
const URI_CHARACTERS = /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]+$/;
/** An id of a chain of events is indexed by whoever folds it. */
const MAX_ID = 128;
/** W3C Trace Context, 3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The request in a message of a team, checked as HTTP checks one before it is stored: its size and depth before anything walks it, then
 * whether it is an event, of which request, and what it asks for. Pure.
 * @param isThere true for a repetition: its start may have come since
 * @throws Refused `event-invalid` or `subject-invalid` for what is no request, `request-id-mismatch`, `invalid-request` with the first
 *   thing that is wrong, in words, `forbidden` for what is for operators
 */
export function readRequest(
  { org, request_id, type, headers, body, stored_at }: InboxMessage,
  isThere = false,
): RequestEvent {
  if (body.length > REQUEST_BYTES_MAX) throw new Refused('invalid-request', 'the request is too large');
  if (isNestedDeeper(body)) {
    throw new Refused('event-invalid', `the request is nested deeper than ${JSON_DEPTH_MAX} levels`);
  }
  if (!isEventName(type) || !isRequest({ type }))
    throw new Refused('event-invalid', 'the type is not one of a request');
  const event = fromMessage({ subject: `ota.${org}.request.${request_id}.${type}`, headers, body, stored_at });
  checkIds(event.id, headers.get('nats-msg-id'), request_id);
  checkSource(event);
  if (event.violation !== undefined) throw new Refused('invalid-request', event.violation);
  return withinBounds(checked(event as RequestEvent, { stored_at, isThere }));
}

function checkIds(id: string, msgId: string | undefined, request_id: string): void {
  if (id === request_id && (msgId ?? id) === id) return;
  const given = msgId === undefined ? '' : `, Nats-Msg-Id ${msgId.slice(0, MAX_ID)}`;
  throw new Refused('request-id-mismatch', `The subject says ${request_id}, ce-id ${id}${given}.`);
}

/** Who asks, as CloudEvents wants it said of every event (1.0, section 3.1): a team, in a URI-reference of its own. */
function checkSource({ source }: OtaEvent): void {
  if (source === '') throw new Refused('event-invalid', 'there is no source: it says who asks');
  if (source.length > MAX_SOURCE || !URI_CHARACTERS.test(source)) {
    throw new Refused('event-invalid', `the source is no URI-reference of at most ${MAX_SOURCE} characters`);
  }
  if (isReservedSource(source)) {
    throw new Refused(
      'event-invalid',
      `the source ${source} is that of a service, or of one of the HTTP API’s callers`,
    );
  }
}

/** What no schema says, and what HTTP would have dropped. @throws Refused `invalid-request` */
function checked(
  event: RequestEvent,
  { stored_at, isThere }: { stored_at?: string | undefined; isThere: boolean },
): RequestEvent {
  const asked_at = new Date(stored_at ?? event.time);
  switch (event.type) {
    case 'RolloutRequested':
      parseSpec(event.data, ['reason', 'requested_by']);
      if (!isThere) checkStart(event.data, asked_at);
      return event;
    case 'FleetWindowRequested':
      if (event.data.window !== undefined) checkedWindow(event.data.window);
      return withKnownMembers(event);
    case 'UpdateRequested':
      // Who is an operator is known of a token, and of nobody who publishes.
      if (event.data.ignore_window === true) throw new Refused('forbidden', 'ignore_window is taken by HTTP only');
      checkTiming(isThere ? withoutStart(event.data) : event.data, asked_at);
      return withKnownMembers(event);
    default: {
      const violation = actionViolation({ ...event, position: 0 });
      if (violation !== undefined) throw new Refused('invalid-request', violation);
      return withKnownMembers(event);
    }
  }
}

/** What a member might change that is misspelt, or not taken here, is not done without it. @throws Refused `invalid-request` */
function withKnownMembers(event: RequestEvent): RequestEvent {
  assertKnownMembers(eventClasses[event.type], event.data);
  return event;
}

/** The context that a team gave, as far as it can be kept; that its characters are legal, and its time one that can be stored, is known. */
function withinBounds({ traceparent, causation_id, correlation_id, ...event }: RequestEvent): RequestEvent {
  return {
    ...event,
    correlation_id: isId(correlation_id) ? correlation_id : event.id,
    ...(causation_id !== undefined && isId(causation_id) && { causation_id }),
    ...(traceparent !== undefined && TRACEPARENT.test(traceparent) && { traceparent }),
  } as RequestEvent;
}

function isId(text: string): boolean {
  return text.length > 0 && text.length <= MAX_ID;
}

function withoutStart({
  start_at: _,
  ...data
}: DataOf<'UpdateRequested'>): Omit<DataOf<'UpdateRequested'>, 'start_at'> {
  return data;
}
