import { describe, expect, it } from 'vitest';
import { fromMessage, toBinary, type WireMessage } from './cloudevents.js';
import { Refused } from './errors.js';
import { eventClasses, toEvent, type EventName, type Fact } from './events.js';
import { isRequest } from './requests.js';

const ABOUT = { id: 'evt_1', source: '/spec', time: '2026-02-21T12:00:00.000Z' };

/** A message of a team with any body. */
function messageOf(type: EventName, body: unknown, entity = 'request'): WireMessage {
  const headers = new Map([
    ['content-type', 'application/json'],
    ...Object.entries({ specversion: '1.0', ...ABOUT, type }).map(([name, value]): [string, string] => [
      `ce-${name}`,
      value,
    ]),
  ]);
  return { subject: `ota.acme.${entity}.req_1.${type}`, headers, body: Buffer.from(JSON.stringify(body)) };
}

const names = Object.keys(eventClasses) as EventName[];
const refusable = names.filter((type) => isRequest({ type }));

describe('a request that its owner refuses by an event', () => {
  it('is every request, and no other event', () => {
    expect(refusable).toEqual(names.filter((name) => name.endsWith('Requested')));
    expect(refusable).toContain('RolloutAbortRequested');
  });

  it.each(refusable)('%s is handed over with what is wrong with it, and nothing of what it says', (type) => {
    const event = fromMessage(messageOf(type, { rollout_id: 'not an id', version: 7, device_id: '*', fleet: 5 }));
    expect(event).toMatchObject({ type, data: {}, entity_id: 'req_1', org: 'acme', id: 'evt_1' });
    expect(event.violation).toMatch(/\w+/);
    expect(Object.keys(event.data)).toEqual([]);
  });

  it.each(['no object', 7, null, []])('is handed over so when its body is %j', (body) => {
    expect(fromMessage(messageOf('RolloutRequested', body))).toMatchObject({ data: {}, violation: expect.any(String) });
  });

  it('says where it is wrong', () => {
    const body = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'yolo' } };
    expect(fromMessage(messageOf('RolloutRequested', body)).violation).toContain('strategy.type');
  });

  it('has no violation when it is right', () => {
    const fact: Fact = { type: 'RolloutPauseRequested', data: { rollout_id: 'rol_1', reason: 'lunch' } };
    const event = toEvent({ org: 'acme', entity: 'request', entity_id: 'req_1' }, fact, ABOUT);
    expect(fromMessage(toBinary(event))).toEqual(event);
    expect(fromMessage(toBinary(event))).not.toHaveProperty('violation');
  });

  it('is never written wrong by ourselves', () => {
    const fact = { type: 'RolloutPauseRequested', data: { rollout_id: 'a.b' } } as const;
    expect(() => toBinary(toEvent({ org: 'acme', entity: 'request', entity_id: 'req_1' }, fact, ABOUT))).toThrow(
      Refused,
    );
  });

  it('that is no JSON, or of a version that nobody knows yet, is poison like any other', () => {
    const message = messageOf('RolloutRequested', {});
    expect(() => fromMessage({ ...message, body: Buffer.from('{') })).toThrow(Refused);
    const headers = new Map([...message.headers, ['ce-dataschema', 'urn:edgeflow:event:RolloutRequested:9']]);
    expect(() => fromMessage({ ...message, headers })).toThrow(Refused);
  });
});

describe('any other event', () => {
  it.each([
    ['RequestRefused', 'request'],
    ['RolloutPaused', 'rollout'],
    ['UpdateQueued', 'update'],
  ] as const)('%s with a bad payload is refused', (type, entity) => {
    expect(() => fromMessage(messageOf(type, {}, entity))).toThrow('event-invalid');
  });
});

describe('a request that is nested deeper than anything is', () => {
  it.each(refusable)('%s is handed over with its violation, however deep', (type) => {
    for (const levels of [33, 2_500, 200_000]) {
      const message = { ...messageOf(type, {}), body: Buffer.from(`${'['.repeat(levels)}${']'.repeat(levels)}`) };
      expect(fromMessage(message)).toMatchObject({ data: {}, violation: 'is nested deeper than 32 levels' });
    }
  });
});
