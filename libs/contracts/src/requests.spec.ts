import { describe, expect, it } from 'vitest';
import { metaOf } from './event-class.js';
import { eventClasses, toEvent, type EventName, type Fact, type StoredEvent } from './events.js';
import { answeredRequest, isRequest } from './requests.js';

const names = Object.keys(eventClasses) as EventName[];

function stored(fact: Fact): StoredEvent {
  const { entity } = metaOf(eventClasses[fact.type]);
  const about = { id: 'evt_1', source: '/spec', time: '2026-02-21T12:00:00.000Z' };
  return { ...toEvent({ org: 'acme', entity, entity_id: 'id_1' }, fact, about), position: 1 };
}

describe('a request', () => {
  it('is every event of its lane by which somebody asks, and none that answers', () => {
    const asking = names.filter((type) => isRequest({ type }));
    expect(asking).toEqual(names.filter((name) => name.endsWith('Requested')));
    const others = names.filter((name) => metaOf(eventClasses[name]).entity === 'request' && !asking.includes(name));
    expect(others).toEqual(['FleetWindowChanged', 'RequestRefused']);
  });
});

describe('an answer', () => {
  const refusal = { request_id: 'req_1', code: 'event-invalid', detail: 'no JSON' };

  it('names the request that it is for', () => {
    expect(answeredRequest(stored({ type: 'RequestRefused', data: refusal }))).toBe('req_1');
    const paused = { rollout_id: 'rol_1', cause: 'operator', request_id: 'req_2' } as const;
    expect(answeredRequest(stored({ type: 'RolloutPaused', data: paused }))).toBe('req_2');
  });

  it('is nothing that a gate did', () => {
    const paused = { rollout_id: 'rol_1', cause: 'gate' } as const;
    expect(answeredRequest(stored({ type: 'RolloutPaused', data: paused }))).toBeUndefined();
  });

  it('is an update that was asked for by itself, and not one of a rollout', () => {
    const skipped = { update_id: 'upd_1', device_id: 'dev_1', ...refusal };
    expect(answeredRequest(stored({ type: 'UpdateRejected', data: skipped }))).toBe('req_1');
    const ofRollout = { ...skipped, rollout_id: 'rol_1', wave: 0, attempt: 1 };
    expect(answeredRequest(stored({ type: 'UpdateRejected', data: ofRollout }))).toBeUndefined();
  });

  it('is not the request itself', () => {
    const asked = { rollout_id: 'rol_1' };
    expect(answeredRequest(stored({ type: 'RolloutPauseRequested', data: asked }))).toBeUndefined();
  });
});
