import { describe, expect, it } from 'vitest';
import { deriveId, metaOf, eventClasses, toEvent, type Fact, type StoredEvent } from '@edgeflow/contracts';
import { evolveRequest, passedOver, requests } from './request.evolve.js';
import type { RequestRow } from '../rows/request.row.js';

let count = 0;

function happened(fact: Fact, cause?: StoredEvent, entity_id = 'req_1'): StoredEvent {
  count += 1;
  const { entity } = metaOf(eventClasses[fact.type]);
  const about = { id: deriveId('evt', String(count)), source: '/team', time: '2026-02-21T12:00:00.000Z' };
  const event = toEvent({ org: 'acme', entity, entity_id }, fact, { ...about, ...(cause && { cause }) });
  return { ...event, position: count };
}

const given = (...events: StoredEvent[]): RequestRow | undefined =>
  events.reduce<RequestRow | undefined>(evolveRequest, undefined);

const asked = happened({ type: 'UpdateRequested', data: { device_id: 'dev_1', version: '1.1.0', requested_by: 'ci' } });
const ids = { update_id: 'upd_1', device_id: 'dev_1', request_id: 'req_1', version: '1.1.0' };
const plan = {
  ...{ ...ids, number: 1, firmware_id: 'fw_1', model: 'm1', sha256: 'a'.repeat(64), size: 1, key: 'k', force: false },
  deadline_at: '2026-02-22T12:00:00.000Z',
};
const queued = happened({ type: 'UpdateQueued', data: { ...plan, when_offline: 'queue' } }, asked, 'dev_1');
const dispatched = happened({ type: 'UpdateDispatched', data: plan }, asked, 'dev_1');
const rejected = happened(
  { type: 'UpdateRejected', data: { ...ids, code: 'device-offline', detail: 'It is offline.' } },
  asked,
  'dev_1',
);
const refusal = { request_id: 'req_1', type: 'UpdateRequested', source: '/team', code: 'event-invalid', detail: 'No.' };

describe('a request', () => {
  it('is open from its event on', () => {
    expect(given(asked)).toEqual({
      ...{ org: 'acme', request_id: 'req_1', type: 'UpdateRequested', source: '/team', requested_by: 'ci' },
      ...{ state: 'open', code: null, detail: null, answer: null, stored: true },
      ...{ requested_at: asked.time, position: asked.position },
    });
  });

  it('by HTTP is the caller’s', () => {
    expect(given({ ...asked, source: '/rollout-orchestrator' })).toMatchObject({
      source: 'http:ci',
      requested_by: 'ci',
    });
  });

  it('is answered by its newest answer', () => {
    expect(given(asked, queued)).toMatchObject({
      state: 'answered',
      answer: { type: 'UpdateQueued', position: queued.position, update_id: 'upd_1', device_id: 'dev_1' },
    });
    expect(given(asked, queued, dispatched)).toMatchObject({ answer: { type: 'UpdateDispatched' } });
  });

  it('is refused with the code of its refusal', () => {
    expect(given(asked, rejected)).toMatchObject({
      state: 'refused',
      code: 'device-offline',
      detail: 'It is offline.',
    });
  });

  it('is refused unread when it never came into the log', () => {
    expect(given(happened({ type: 'RequestRefused', data: refusal }))).toMatchObject({
      ...{ type: 'UpdateRequested', source: '/team', state: 'refused', code: 'event-invalid', stored: false },
      answer: { type: 'RequestRefused' },
    });
  });

  it('is refused when it stands in the log and cannot be read', () => {
    const unreadable = { ...asked, data: {}, violation: 'version is missing' } as StoredEvent;
    expect(given(unreadable, happened({ type: 'RequestRefused', data: refusal }, unreadable))).toMatchObject({
      ...{ state: 'refused', code: 'event-invalid', requested_by: null },
    });
  });

  it('is not changed by another message under its id', () => {
    const before = given(asked, queued);
    const other = happened({ type: 'RequestRefused', data: { ...refusal, code: 'request-exists' } });
    expect(evolveRequest(before, other)).toBe(before);
    expect(evolveRequest(given(asked), other)).toEqual(given(asked));
  });

  it('is set aside with the reason when nobody can read it, and open when a newer release sent it', () => {
    const subject = 'ota.acme.request.req_1.UpdateRequested';
    const where = { org: 'acme', entity: 'request', entity_id: 'req_1', type: 'UpdateRequested', subject };
    const envelope = { ...where, id: 'req_1', time: asked.time, position: 7 };
    const reason = { code: 'event-invalid', reason: 'the body is not JSON in UTF-8' };
    expect(passedOver({ ...envelope, unread: { why: 'set-aside', ...reason } })).toMatchObject({
      ...{ state: 'set_aside', code: 'event-invalid', detail: 'the body is not JSON in UTF-8', position: 7 },
    });
    const newer = passedOver({ ...envelope, type: 'UpdateWished', unread: { why: 'unknown-type' } });
    expect(newer).toMatchObject({ state: 'open', type: 'UpdateWished', code: null });
  });

  it('is folded once', () => {
    const row = given(asked, queued);
    expect(evolveRequest(row, queued)).toBe(row);
    expect(evolveRequest(row, asked)).toBe(row);
  });

  it('is named by its stream and by its answers, and by no event of a device', () => {
    expect([asked, queued, rejected].map(requests.idOf)).toEqual(['req_1', 'req_1', 'req_1']);
    const ofRollout = happened({
      type: 'UpdateDispatched',
      data: { ...plan, rollout_id: 'rol_1', wave: 0, attempt: 1 },
    });
    expect(requests.idOf(ofRollout)).toBeUndefined();
  });
});
