import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAttribute, encodeAttribute, isLegalAttribute } from './attribute-codec.js';
import { fromMessage, isoTime, toBinary, type WireMessage } from './cloudevents.js';
import { Refused } from './errors.js';
import { toEvent, type OtaEvent } from './events.js';

const request: OtaEvent = toEvent(
  { org: 'acme', entity: 'request', entity_id: 'req_1' },
  { type: 'UpdateRequested', data: { device_id: 'dev_1', version: '1.3.0', force: true } },
  { id: 'evt_1', source: '/spec', time: '2026-02-21T12:00:00.000Z' },
);

const legal = fc.string({ unit: 'binary', maxLength: 40 }).filter(isLegalAttribute);
const id = fc.stringMatching(/^[^\s\p{Cc}]{1,60}$/u).filter(isLegalAttribute);
const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const event: fc.Arbitrary<OtaEvent> = fc
  .record({
    id,
    source: legal,
    correlation_id: legal,
    causation_id: legal,
    org: token,
    entity_id: token,
    at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
  })
  .map(({ at, ...rest }) => ({ ...request, ...rest, time: at.toISOString() }));
/** A causation id that is empty is none. */
const normal = ({ causation_id, ...rest }: OtaEvent) => (causation_id ? { ...rest, causation_id } : rest);

const withHeader = (message: WireMessage, name: string, value: string | undefined): WireMessage => {
  const headers = new Map(message.headers);
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
  return { ...message, headers };
};

describe('a header value', () => {
  it('carries any legal attribute there and back, in printable ASCII', () => {
    fc.assert(
      fc.property(legal, (value) => {
        const encoded = encodeAttribute(value);
        expect(encoded).toMatch(/^[\x21-\x7e]*$/);
        expect(decodeAttribute(encoded)).toBe(value);
      }),
    );
  });

  it.each(['a\r\nb', '\0', '\u007f', '\ud800', '\uffff', '\u{1fffe}'])('is refused for %j', (value) => {
    expect(() => encodeAttribute(value)).toThrow(Refused);
  });

  it('is refused when its escapes hide a line break', () => {
    expect(() => decodeAttribute('a%0D%0Ab')).toThrow(Refused);
  });
});

/** One JSON document, as a team may send it. */
function toStructured(given: OtaEvent): WireMessage {
  const { subject, headers, body } = toBinary(given);
  const attributes = [...headers]
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [name.slice(3), decodeAttribute(value)]);
  const { traceparent } = given;
  const document = {
    ...Object.fromEntries(attributes),
    datacontenttype: 'application/json',
    ...(traceparent && { traceparent }),
    data: JSON.parse(Buffer.from(body).toString()) as unknown,
  };
  const type = new Map([['content-type', 'application/cloudevents+json']]);
  return { subject, headers: type, body: Buffer.from(JSON.stringify(document)) };
}

describe.each([
  ['binary', toBinary],
  ['structured', toStructured],
])('%s mode', (_name, write) => {
  it('gives back any event that it took', () => {
    fc.assert(
      fc.property(event, (given) => {
        expect(fromMessage(write(given))).toEqual(normal(given));
      }),
    );
  });

  it('keeps the trace context', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(fromMessage(write({ ...request, traceparent })).traceparent).toBe(traceparent);
  });

  it.each(['', 'a b', 'a\r\nNats-Expected-Stream: x', 'x'.repeat(129)])('refuses the id %j', (bad) => {
    expect(() => write({ ...request, id: bad })).toThrow(Refused);
  });

  it.each(['a.b', '*', '>', 'a b', 'a\r\n', ''])('refuses the entity id %j', (bad) => {
    expect(() => write({ ...request, entity_id: bad })).toThrow(Refused);
  });

  it('refuses a payload that its class does not allow', () => {
    const data = { device_id: 'dev_1', version: 'latest' };
    expect(() => write({ ...request, data } as OtaEvent)).toThrow('version');
  });
});

describe('a message from a team', () => {
  const message = toBinary(request);

  it('may leave out what can be known without it', () => {
    let bare: WireMessage = { ...message, stored_at: '2026-01-01T00:00:00.000Z' };
    for (const name of ['ce-time', 'ce-subject', 'ce-dataschema', 'ce-correlationid'])
      bare = withHeader(bare, name, undefined);
    expect(fromMessage(bare)).toMatchObject({ time: '2026-01-01T00:00:00.000Z', correlation_id: 'evt_1' });
  });

  it('may name its type with a prefix and a version', () => {
    expect(fromMessage(withHeader(message, 'ce-type', 'com.acme.UpdateRequested.v1')).type).toBe('UpdateRequested');
  });

  it('may carry members that this version does not know', () => {
    const body = Buffer.from(JSON.stringify({ ...request.data, colour: 'red' }));
    expect(fromMessage({ ...message, body }).data).toMatchObject({ colour: 'red' });
  });

  it.each<[string, WireMessage]>([
    ['another type than its subject', withHeader(message, 'ce-type', 'UpdateQueued')],
    ['no id', withHeader(message, 'ce-id', undefined)],
    ['another specversion', withHeader(message, 'ce-specversion', '0.3')],
    ['a version that nobody knows yet', withHeader(message, 'ce-dataschema', 'urn:edgeflow:event:UpdateRequested:9')],
    ['a body that is no JSON', { ...message, body: Buffer.from('{') }],
    ['a body that is no UTF-8', { ...message, body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['no time at all', withHeader(message, 'ce-time', undefined)],
    ['an event of another entity', { ...message, subject: 'ota.acme.device.req_1.UpdateRequested' }],
    ['an unknown event', { ...message, subject: 'ota.acme.request.req_1.Nonsense' }],
    [
      'a structured envelope without data',
      { ...message, headers: new Map([['content-type', 'application/cloudevents+json']]) },
    ],
  ])('is refused with %s', (_name, bad) => {
    expect(() => fromMessage(bad)).toThrow(Refused);
  });
});

describe('a time', () => {
  const digits = (most: number, length: number) =>
    fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(length, '0'));
  const time = fc
    .tuple(digits(9999, 4), digits(13, 2), digits(32, 2), digits(25, 2), digits(61, 2), digits(61, 2), digits(999, 3))
    .map(
      ([year, month, day, hour, minute, second, ms]) => `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`,
    );

  it('is the same however it is found to be one', () => {
    fc.assert(
      fc.property(time, (text) => {
        const date = new Date(text);
        const isTime = !Number.isNaN(date.getTime()) && date.getUTCFullYear() >= 1;
        expect(isoTime(text)).toBe(isTime ? date.toISOString() : undefined);
      }),
      { numRuns: 2_000 },
    );
  });
});
