import { Refused } from './errors.js';
import { JSON_DEPTH_MAX, isNestedDeeper, parseJson } from './json.js';
import { columnsOf, isEventName, eventClasses, type EventName, type OtaEvent } from './events.js';
import { assertShape, type SchemaClass } from './schemas.js';
import { isRequest } from './requests.js';
import { parseSubject, subjectOf } from './subjects.js';
import { decodeAttribute, encodeAttribute, isLegalAttribute } from './attribute-codec.js';
import { upcast } from './upcast.js';

/** A message of the log without its transport: what goes into, and comes out of, a NATS message. */
export interface WireMessage {
  subject: string;
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
  /** When the server stored the message; stands in for a missing `time`. */
  stored_at?: string;
}

const STRUCTURED = 'application/cloudevents+json';
/** A JetStream stream keeps ids for its duplicate window; this bounds what that costs. */
const MAX_ID = 128;

/** `urn:edgeflow:event:UpdateQueued:1`: the name and the version of an event's schema. */
export function dataSchemaOf(type: EventName): string {
  return `urn:edgeflow:event:${type}:${columnsOf(type).version}`;
}

/** The context attributes of an event, CloudEvents 1.0 with our extensions (section 3.1 there; docs/events.md). */
function attributesOf(event: OtaEvent): Record<string, string> {
  return {
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    time: event.time,
    subject: `${event.entity}/${event.entity_id}`,
    dataschema: dataSchemaOf(event.type),
    correlationid: event.correlation_id,
    ...(event.causation_id && { causationid: event.causation_id }),
  };
}

/**
 * An event as a NATS message in CloudEvents binary mode: `ce-*` headers, percent-encoded, and a JSON body.
 * @throws Refused `subject-invalid` or `event-invalid` when the event is not legal; nothing illegal is written
 */
export function toBinary(event: OtaEvent): WireMessage {
  const subject = subjectOf(event);
  checkId(event.id);
  assertShape(classOf(event.type), event.data);
  const headers = new Map<string, string>([['content-type', 'application/json']]);
  for (const [name, value] of Object.entries(attributesOf(event))) headers.set(`ce-${name}`, encodeAttribute(value));
  if (event.traceparent) headers.set('traceparent', event.traceparent);
  return { subject, headers, body: Buffer.from(JSON.stringify(event.data)) };
}

/**
 * The event in a message of the log, in either mode, its payload checked and brought to the newest version.
 * The subject is the authority for org, entity and id; a `type` that names another event is refused.
 * @throws Refused `subject-invalid` or `event-invalid`, and nothing else: the message is poison and no retry will help
 */
export function fromMessage(message: WireMessage): OtaEvent {
  try {
    return eventIn(message);
  } catch (cause) {
    if (cause instanceof Refused) throw cause;
    // Whatever a stranger's payload makes a validator throw is the payload's fault.
    throw new Refused('event-invalid', `the message cannot be read: ${String(cause)}`, {}, { cause });
  }
}

function eventIn(message: WireMessage): OtaEvent {
  const address = parseSubject(message.subject);
  const type = address.type;
  if (!isEventName(type)) throw new Refused('event-invalid', 'the event is not known', { type });
  if (columnsOf(type).entity !== address.entity) {
    throw new Refused('event-invalid', `${type} is no event of ${address.entity}`, { subject: message.subject });
  }
  const { attributes, data, violation: tooDeep } = parts(message, type);
  checkType(attributes['type'], type);
  const payload = upcast(type, attributes['dataschema'], data);
  const violation = tooDeep ?? violationOf(type, payload);
  const id = attributes['id'] ?? '';
  checkId(id);
  const { time: stated = message.stored_at, causationid, traceparent } = attributes;
  const time = isoTime(stated);
  if (time === undefined) throw new Refused('event-invalid', 'the time is not a timestamp', { time: stated });
  return {
    ...address,
    type,
    data: violation ? {} : payload,
    ...(violation && { violation }),
    id,
    source: attributes['source'] ?? '',
    time,
    correlation_id: attributes['correlationid'] ?? id,
    ...(causationid && { causation_id: causationid }),
    ...(traceparent && { traceparent }),
  } as OtaEvent;
}

/** The class of an event; as an object, since a union of constructors fits no one type parameter. */
function classOf(type: EventName): SchemaClass {
  return eventClasses[type];
}

/** What is wrong with the payload of a request that its owner refuses by an event. @throws Refused `event-invalid` for any other */
function violationOf(type: EventName, payload: unknown): string | undefined {
  try {
    assertShape(classOf(type), payload);
    return undefined;
  } catch (error) {
    if (!isRequest({ type })) throw error;
    return error instanceof Refused ? error.detail : `cannot be checked: ${String(error)}`;
  }
}

/** Whether the whole event is in the body (CloudEvents, structured mode). */
function isStructured({ headers }: WireMessage): boolean {
  return headers.get('content-type')?.startsWith(STRUCTURED) === true;
}

interface Parts {
  attributes: Record<string, string | undefined>;
  data: unknown;
  /** Set where the payload is nested too deep to be looked at, for an owner that answers it. */
  violation?: string;
}

function parts(message: WireMessage, type: EventName): Parts {
  if (isStructured(message)) return structuredParts(parseJson(message.body));
  const attributes = binaryAttributes(message);
  if (isRequest({ type }) && isNestedDeeper(message.body)) {
    return { attributes, data: {}, violation: `is nested deeper than ${JSON_DEPTH_MAX} levels` };
  }
  return { attributes, data: parseJson(message.body) };
}

function binaryAttributes(message: WireMessage): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of message.headers) {
    if (name.toLowerCase().startsWith('ce-')) attributes[name.slice(3).toLowerCase()] = decodeAttribute(value);
  }
  const traceparent = message.headers.get('traceparent');
  if (traceparent) attributes['traceparent'] = traceparent;
  if (attributes['specversion'] !== undefined && attributes['specversion'] !== '1.0') {
    throw new Refused('event-invalid', 'the specversion is not 1.0', { specversion: attributes['specversion'] });
  }
  return attributes;
}

function structuredParts(body: unknown): Parts {
  if (typeof body !== 'object' || body === null || !('data' in body)) {
    throw new Refused('event-invalid', 'a structured event is a JSON object with data');
  }
  const { data, ...rest } = body;
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value !== 'string') continue;
    if (!isLegalAttribute(value))
      throw new Refused('event-invalid', `${name.slice(0, 64)} holds a character that is not allowed`);
    attributes[name] = value;
  }
  if (attributes['specversion'] !== '1.0') throw new Refused('event-invalid', 'the specversion is not 1.0');
  return { attributes, data };
}

function checkId(id: string): void {
  if (id.length === 0 || id.length > MAX_ID || /[\s\p{Cc}]/u.test(id)) {
    throw new Refused('event-invalid', `the id must have 1 to ${MAX_ID} characters and no blanks`, {
      id: id.slice(0, MAX_ID),
    });
  }
}

/** `UpdateRequested`, or the same with a reverse-DNS prefix and a version: `com.acme.UpdateRequested.v1`. */
function checkType(stated: string | undefined, type: EventName): void {
  const name = stated
    ?.replace(/\.v\d+$/, '')
    .split('.')
    .at(-1);
  if (name !== type) throw new Refused('event-invalid', 'the type is not the subject’s event', { stated, type });
}

/** A time as `toISOString` writes it, on a day that each month has: as our services say nearly all of theirs. */
const CANONICAL = /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** ISO 8601, UTC; undefined for what is no time, and for years that only JavaScript reads, of more than four digits or before the first. */
export function isoTime(stated: string | undefined): string | undefined {
  if (stated !== undefined && CANONICAL.test(stated)) return stated;
  const time = new Date(stated ?? Number.NaN);
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999 ? time.toISOString() : undefined;
}
