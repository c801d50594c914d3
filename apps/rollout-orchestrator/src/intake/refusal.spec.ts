import { describe, expect, it } from 'vitest';
import { Refused, isToken, toBinary } from '@edgeflow/contracts';
import { messageOf } from './message.fixture.js';
import { refusalOf } from './refusal.js';

const at = new Date('2026-02-21T12:00:00.000Z');
const invalid = new Refused('invalid-request', 'version is missing');

describe('the refusal of a request', () => {
  it('stands in the stream of the request, with the code, the words and who sent it', () => {
    expect(refusalOf(messageOf('UpdateRequested', {}), invalid, { at, suppressed: 4 })).toMatchObject({
      ...{ org: 'acme', entity: 'request', entity_id: 'req_1', type: 'RequestRefused', time: at.toISOString() },
      data: {
        ...{ request_id: 'req_1', type: 'UpdateRequested', source: '/team', suppressed: 4 },
        ...{ code: 'invalid-request', detail: 'version is missing' },
      },
    });
  });

  it.each<[string, unknown, string | undefined]>([
    ['in structured mode too', { specversion: '1.0', source: '/team/s', type: 'UpdateRequested' }, '/team/s'],
    ['not where it says none', { specversion: '1.0' }, undefined],
    ['not where it says no text', { source: { a: 1 } }, undefined],
    ['not where it is no object', 'null', undefined],
    ['not where it is no JSON', '{', undefined],
    ['not where it is too deep', '{"a":'.repeat(200) + '1' + '}'.repeat(200), undefined],
  ])('says who sent it %s', (_, body, source) => {
    const { headers, ...message } = messageOf('UpdateRequested', body);
    const bare = new Map([...headers].filter(([name]) => name !== 'ce-source'));
    expect(refusalOf({ ...message, headers: bare }, invalid, { at }).data.source).toBe(source);
  });

  it('is one event, however often the same message is refused for the same reason', () => {
    const of = (body: unknown, refusal = invalid, later = at) =>
      refusalOf(messageOf('UpdateRequested', body), refusal, { at: later }).id;
    expect(of({ a: 1 })).toBe(of({ a: 1 }, invalid, new Date()));
    expect(of({ a: 1 })).not.toBe(of({ a: 2 }));
    expect(of({ a: 1 })).not.toBe(of({ a: 1 }, new Refused('request-exists')));
  });

  it.each(['no=token', 'x'.repeat(300), 'ä'])('has a stream and words for the id %s', (request_id) => {
    const event = refusalOf(messageOf('UpdateRequested', {}, { request_id }), invalid, { at });
    expect(isToken(event.entity_id)).toBe(true);
    expect(event.data.detail).toContain(request_id.slice(0, 128));
  });

  it.each([
    messageOf('no=token', '\u0000', { request_id: '=', headers: { 'ce-source': '\u0000' } }),
    messageOf('x'.repeat(500), '', { headers: { 'ce-source': 'x'.repeat(9_000) } }),
  ])('can be written whatever the message was', (message) => {
    const words = new Refused('event-invalid', 'x'.repeat(5_000));
    expect(() => toBinary(refusalOf(message, words, { at }))).not.toThrow();
  });
});
