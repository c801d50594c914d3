import { describe, expect, it } from 'vitest';
import { metaOf } from './event-class.js';
import { eventClasses, toEvent, type EventName, type Fact, type StoredEvent } from './events.js';
import { isReservedSource } from './request-source.js';
import { answeredRequest, isRequest, sourceOfRequest } from './requests.js';

const names = Object.keys(eventClasses) as EventName[];

function stored(fact: Fact): StoredEvent {
  const { entity } = metaOf(eventClasses[fact.type]);
  const about = { id: 'evt_1', source: '/spec', time: '2026-02-21T12:00:00.000Z' };
  return { ...toEvent({ org: 'acme', entity, entity_id: 'id_1' }, fact, about), position: 1 };
}

describe('a request', () => {
  it('is every event of its stream by which somebody asks, and none that answers', () => {
    const asking = names.filter((type) => isRequest({ type }));
    expect(asking).toEqual(names.filter((name) => name.endsWith('Requested')));
    const others = names.filter((name) => metaOf(eventClasses[name]).entity === 'request' && !asking.includes(name));
    expect(others).toEqual(expect.arrayContaining(['FleetWindowChanged', 'RequestRefused']));
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

describe('who sent a request', () => {
  const asked = (source: string, data: object) => sourceOfRequest({ source, data: data as never });

  it('is a team by its source, and a caller of the HTTP API by its name', () => {
    expect(asked('/team/ci', { requested_by: 'ann' })).toBe('/team/ci');
    expect(asked('/rollout-orchestrator', { requested_by: 'ann' })).toBe('http:ann');
    expect(asked('/rollout-orchestrator', {})).toBe('/rollout-orchestrator');
    expect(asked('/rollout-orchestrator', { requested_by: 'x'.repeat(256) })).toHaveLength(256);
  });

  it.each([
    ...['/rollout-orchestrator', '//rollout-orchestrator', '/rollout-orchestrator/', 'rollout-orchestrator'],
    ...['/Rollout-Orchestrator/x', '/./rollout-orchestrator?x', '/%72ollout-orchestrator', '/%2572ollout-orchestrator'],
    ...['/device-gateway', '/firmware-registry', '/projection'],
    ...['/a/../rollout-orchestrator', '/b/%2e%2e/rollout-orchestrator', '/a/b/../../projection', '/projection/../team'],
    ...['http:ann', 'http:', 'http:/ann', 'HTTP:operator@acme', 'http%3Aann'],
  ])('is no team that says %s', (source) => {
    expect(isReservedSource(source)).toBe(true);
  });

  it.each(['/team', 'http://ci.example/pipeline/7', 'https:ann', 'urn:team:ci', '/team/projection', '/100%'])(
    'may be a team that says %s',
    (source) => {
      expect(isReservedSource(source)).toBe(false);
    },
  );
});
