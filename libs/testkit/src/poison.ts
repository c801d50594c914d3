import { columnsOf, isEventName, type Address, type Unread } from '@edgeflow/contracts';

/** A message that a build cannot use: what `RawPublisher.publish` takes, and what a reader makes of it. */
export interface PoisonMessage {
  name: string;
  subject: string;
  head: string | undefined;
  body: string | Uint8Array;
  why: Unread['why'];
}

type Headers = Record<string, string | readonly string[]>;
type Kind = Pick<PoisonMessage, 'name'> & Partial<Omit<PoisonMessage, 'name'>>;

const TIME = '2026-02-21T12:00:00.000Z';
const KB = 1_024;

/** A block of headers. */
export function headOf(headers: Headers, first = 'NATS/1.0'): string {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return `${[first, ...lines].join('\r\n')}\r\n\r\n`;
}

/** The headers of an event as our services write them. */
export function eventHeaders(type: string, id: string, change: Headers = {}): Headers {
  return {
    ...{
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': '/spec',
      'ce-type': type,
    },
    ...{ 'ce-time': TIME, 'ce-dataschema': `urn:edgeflow:event:${type}:1` },
    ...change,
  };
}

/**
 * Every kind of message that is no event for a build: broken, hostile, of a newer release. All in one stream, as far as they are in any.
 * @param address the event that it claims to be: of a known type, and not a request that is answered by an event
 * @param good a payload of that type that would do
 */
export function poisonFor(address: Address, good: object): PoisonMessage[] {
  const { org, entity, entity_id, type } = address;
  const stream = `ota.${org}.${entity}.${entity_id}`;
  const body = JSON.stringify(good);
  const withHeaders = (change: Headers): string => headOf(eventHeaders(type, 'poison', change));
  const version = (n: string): string => withHeaders({ 'ce-dataschema': `urn:edgeflow:event:${type}:${n}` });
  const structured = headOf({ 'content-type': 'application/cloudevents+json' });
  const document = { specversion: '1.0', id: 'poison', source: '/spec', type, time: TIME, data: good };
  const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const kinds: Kind[] = [
    { name: 'no JSON', body: 'no json' },
    { name: 'not UTF-8', body: Uint8Array.of(0x22, 0xff, 0xfe, 0x22) },
    { name: 'an empty body', body: '' },
    { name: 'half a body', body: body.slice(0, -1) },
    { name: '2,500 levels of lists', body: nested(2_500) },
    { name: '100,000 levels of lists', body: nested(100_000) },
    { name: '2,500 levels of objects', body: `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}` },
    { name: '900 kB of text', body: JSON.stringify('x'.repeat(900 * KB)) },
    { name: 'a list', body: `[${body}]` },
    { name: 'a number', body: '7' },
    { name: 'null', body: 'null' },
    { name: 'a number that is no number', body: '{"number":1e400,"progress":1e400}' },
    { name: 'numbers beyond 2^63', body: '{"number":9223372036854775808,"position":18446744073709551616}' },
    { name: 'keys of the prototype', body: '{"__proto__":{"device_id":"x"},"constructor":{"prototype":{}}}' },
    { name: 'no headers', head: undefined },
    { name: 'another type', head: withHeaders({ 'ce-type': 'FirmwareUploaded' }) },
    { name: 'no type', head: withHeaders({ 'ce-type': '' }) },
    { name: 'two types', head: withHeaders({ 'ce-type': ['FirmwareUploaded', type] }) },
    { name: 'no id', head: withHeaders({ 'ce-id': '' }) },
    { name: 'an id of 200 characters', head: withHeaders({ 'ce-id': 'x'.repeat(200) }) },
    { name: 'an id with blanks', head: withHeaders({ 'ce-id': 'a b' }) },
    { name: 'no time that is one', head: withHeaders({ 'ce-time': 'yesterday' }) },
    { name: 'specversion 9', head: withHeaders({ 'ce-specversion': '9' }) },
    { name: 'a control character in an attribute', head: withHeaders({ 'ce-source': '/a%00b' }) },
    { name: 'the next version', head: version(String(isEventName(type) ? columnsOf(type).version + 1 : 2)) },
    ...['999', '0', '-1', '1e3', '99999999999999999999', 'x'].map((n): Kind => ({
      ...{ name: `version ${n}`, head: version(n) },
    })),
    { name: 'structured, no object', head: structured, body: '[]' },
    { name: 'structured, no data', head: structured, body: JSON.stringify({ ...document, data: undefined }) },
    { name: 'structured, specversion 9', head: structured, body: JSON.stringify({ ...document, specversion: '9' }) },
    {
      name: 'structured, a control character',
      head: structured,
      body: JSON.stringify({ ...document, source: '\u0000' }),
    },
    { name: 'structured, nested deep', head: structured, body: `{"data":${nested(2_500)}}` },
    { name: '60 kB of headers', head: withHeaders({ 'x-large': 'x'.repeat(60 * KB) }), body: '{' },
    {
      name: 'a name of a header that no client takes',
      head: withHeaders({ 'bad name': 'x', 'b\u00e4d': 'y' }),
      body: '{',
    },
    { name: 'a bare line feed in a header', head: withHeaders({ 'x-bad': 'a\nb' }), body: '{' },
    {
      name: 'headers that say "not found"',
      head: headOf(eventHeaders(type, 'poison'), 'NATS/1.0 404 Message Not Found'),
      body: '{',
    },
    { name: 'headers that say "no responders"', head: headOf({}, 'NATS/1.0 503'), body: '' },
    {
      name: 'an event of another entity',
      subject: `${stream}.${entity === 'firmware' ? 'DeviceRevoked' : 'FirmwareRevoked'}`,
    },
    { name: 'a subject that is too long', subject: `${stream}.${type}.more` },
    { name: 'a subject that is too short', subject: stream },
    { name: 'a subject with a character that is none', subject: `${stream}.${type}!` },
    { name: 'a type that nobody knows yet', subject: `${stream}.DeviceShadowReported`, why: 'unknown-type' },
    { name: 'a type of the prototype', subject: `${stream}.constructor`, why: 'unknown-type' },
    {
      name: 'an unknown type without a body',
      subject: `${stream}.toString`,
      head: undefined,
      body: '',
      why: 'unknown-type',
    },
    { name: 'an entity that nobody knows yet', subject: `ota.${org}.shadow.${entity_id}.${type}`, why: 'unknown-type' },
  ];
  const whole = { subject: `${stream}.${type}`, head: withHeaders({}), body, why: 'set-aside' } as const;
  return kinds.map((kind) => ({ ...whole, ...kind }));
}
