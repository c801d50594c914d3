import { describe, expect, it } from 'vitest';
import { Refused } from '@edgeflow/contracts';
import { messageOf } from './message.fixture.js';
import { readRequest } from './read-request.js';

const rollout = { version: '2.0.0', target: { fleet: 'north' }, strategy: { type: 'all_at_once' } };
/** A body of every request that is right. */
const right: Record<string, object> = {
  UpdateRequested: { device_id: 'dev_1', version: '1.1.0' },
  RolloutRequested: { ...rollout, reason: 'release day', requested_by: 'ci' },
  RolloutPauseRequested: { rollout_id: 'rol_1' },
  RolloutResumeRequested: { rollout_id: 'rol_1', reason: 'seen' },
  RolloutAbortRequested: { rollout_id: 'rol_1' },
  RolloutApproveRequested: { rollout_id: 'rol_1', role: 'operator' },
  RolloutRetryRequested: { rollout_id: 'rol_1' },
  RollbackRequested: { device_id: 'dev_1' },
  FleetWindowRequested: { fleet: 'north', window: { cron: '0 2 * * *', duration_s: 60, time_zone: 'UTC' } },
};
const types = Object.keys(right);

function refusedWith(message: Parameters<typeof readRequest>[0]): { code: string; detail: string } {
  try {
    readRequest(message);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** A right request without one of its headers. */
function nameless(name: string): ReturnType<typeof messageOf> {
  const message = messageOf('UpdateRequested', right['UpdateRequested']);
  return { ...message, headers: new Map([...message.headers].filter(([other]) => other !== name)) };
}

/** Lists in lists, as deep as that. */
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a message that is a request', () => {
  it.each(types)('%s becomes its event, with the id that the team gave', (type) => {
    expect(readRequest(messageOf(type, right[type]))).toMatchObject({
      ...{ org: 'acme', entity: 'request', entity_id: 'req_1', type, data: right[type] },
      ...{ id: 'req_1', source: '/team', correlation_id: 'req_1', time: '2026-02-21T12:00:00.000Z' },
    });
  });

  it('may come in structured mode, with a prefix and a version to its type', () => {
    const document = {
      ...{ specversion: '1.0', id: 'req_1', source: '/team', type: 'com.acme.RollbackRequested.v1' },
      data: right['RollbackRequested'],
    };
    const headers = { 'content-type': 'application/cloudevents+json' };
    expect(readRequest(messageOf('RollbackRequested', document, { headers }))).toMatchObject({
      data: right['RollbackRequested'],
    });
  });

  it('keeps the context of the team as far as it can be kept', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const context = { traceparent, 'ce-correlationid': 'release-7', 'ce-causationid': 'build-7' };
    expect(readRequest(messageOf('UpdateRequested', right['UpdateRequested'], { headers: context }))).toMatchObject({
      ...{ traceparent, correlation_id: 'release-7', causation_id: 'build-7' },
    });
    const long = 'x'.repeat(10_000);
    const headers = { traceparent: long, 'ce-correlationid': long, 'ce-causationid': long };
    const bounded = readRequest(messageOf('UpdateRequested', right['UpdateRequested'], { headers }));
    expect(bounded).toMatchObject({ correlation_id: 'req_1' });
    expect(Object.keys(bounded)).not.toEqual(expect.arrayContaining(['traceparent']));
    expect(bounded.causation_id).toBeUndefined();
  });
});

describe('a message that is none', () => {
  const text = new TextDecoder();
  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['NUL', '\u0000'],
    ['a list that is 2,500 deep', nested(2_500)],
    ['a list that is a million deep', nested(300_000)],
  ])('is refused when its body is %s', (_what, body) => {
    for (const type of types) {
      const message = messageOf(type, typeof body === 'string' ? body : text.decode(), {
        ...(typeof body !== 'string' && { body }),
      });
      expect(refusedWith(message).code, type).toBe('event-invalid');
    }
  });

  it.each([
    ['a type that nobody knows', messageOf('RolloutExploded', {})],
    ['an event of another entity', messageOf('UpdateQueued', {})],
    ['an answer', messageOf('RequestRefused', { request_id: 'req_1', code: 'forbidden', detail: 'x' })],
    ['a window that holds already', messageOf('FleetWindowChanged', { request_id: 'req_1', fleet: 'north' })],
    ['another type in its header', messageOf('UpdateRequested', {}, { headers: { 'ce-type': 'RolloutRequested' } })],
    ['no specversion that we know', messageOf('UpdateRequested', {}, { headers: { 'ce-specversion': '0.3' } })],
    ['a newer version', messageOf('UpdateRequested', {}, { headers: { 'ce-dataschema': 'urn:x:UpdateRequested:9' } })],
    ['a time that is none', messageOf('UpdateRequested', right['UpdateRequested'], { headers: { 'ce-time': 'noon' } })],
    [
      'a time that no calendar of ours has',
      messageOf('UpdateRequested', right['UpdateRequested'], { headers: { 'ce-time': '+275760-09-13T00:00:00.000Z' } }),
    ],
    [
      'the source of a caller of the HTTP API',
      messageOf('UpdateRequested', right['UpdateRequested'], { headers: { 'ce-source': 'http:ann' } }),
    ],
    [
      'the source of the orchestrator',
      messageOf('UpdateRequested', right['UpdateRequested'], { headers: { 'ce-source': '/rollout-orchestrator' } }),
    ],
    ...['a%0Ab', 'a%20b', '%C3%A4', '', 'x'.repeat(257), 'HTTP:ann', '//rollout-orchestrator', '/projection'].map(
      (source): [string, ReturnType<typeof messageOf>] => [
        `the source ${source}`,
        messageOf('UpdateRequested', right['UpdateRequested'], { headers: { 'ce-source': source } }),
      ],
    ),
    ['no source', nameless('ce-source')],
  ])('is refused with %s', (_what, message) => {
    expect(refusedWith(message).code).toBe('event-invalid');
  });

  it('is of CloudEvents 1.0 where it does not say of which', () => {
    expect(readRequest(nameless('ce-specversion'))).toMatchObject({ type: 'UpdateRequested' });
  });

  it.each(['no token', 'x'.repeat(65), 'ä', '..'])('is refused with the id %s', (request_id) => {
    const code = refusedWith(messageOf('UpdateRequested', right['UpdateRequested'], { request_id })).code;
    expect(['subject-invalid', 'event-invalid']).toContain(code);
  });

  it.each<Record<string, string>>([
    { 'ce-id': 'req_2' },
    { 'nats-msg-id': 'req_2' },
    { 'ce-id': 'req_2', 'nats-msg-id': 'req_2' },
  ])('is refused when its ids differ: %o', (headers) => {
    const message = messageOf('UpdateRequested', right['UpdateRequested'], { headers });
    expect(refusedWith(message).code).toBe('request-id-mismatch');
  });
});

describe('a request for later', () => {
  const asked = (type: string, start_at: string) => messageOf(type, { ...right[type], start_at });

  it.each(['UpdateRequested', 'RolloutRequested'])(
    '%s may have a start up to half a minute ago, by the inbox',
    (type) => {
      expect(readRequest(asked(type, '2026-02-21T11:59:30.000Z'))).toMatchObject({ type });
      const { code, detail } = refusedWith(asked(type, '2026-02-21T11:59:29.000Z'));
      expect([code, detail]).toEqual(['invalid-request', 'start_at must not be in the past']);
    },
  );
});

describe('a request that cannot be', () => {
  it.each(types)('%s of nothing, of a list, of a number, of null', (type) => {
    for (const body of [{}, [], 7, null, 'text']) {
      expect(refusedWith(messageOf(type, JSON.stringify(body))).code).toBe('invalid-request');
    }
  });

  it.each<[string, unknown, string]>([
    ['RolloutRequested', { ...rollout, colour: 'red' }, 'colour'],
    ['RolloutRequested', { ...rollout, strategy: { type: 'canary', percent: 1, sucess_percent: 9 } }, 'sucess_percent'],
    ['RolloutRequested', { ...rollout, target: { fleet: 'a', devices: ['b'] } }, 'exactly one'],
    ['RolloutRequested', { ...rollout, window: { cron: '1 2', duration_s: 1, time_zone: 'UTC' } }, 'window'],
    ['RollbackRequested', { device_id: 'dev_1', rollout_id: 'rol_1' }, 'exactly one'],
    ['RolloutPauseRequested', { rollout_id: 'a.b' }, 'rollout_id'],
    ['FleetWindowRequested', { fleet: 'x', window: { cron: 'often', duration_s: 1, time_zone: 'UTC' } }, 'cron'],
    ['FleetWindowRequested', { fleet: 'x', window: { cron: '0 2 * * *', duration_s: 1, time_zone: 'UTC', x: 1 } }, 'x'],
    ['UpdateRequested', { device_id: 'dev_1', version: 'latest' }, 'version'],
    ['UpdateRequested', { ...right['UpdateRequested'], start_at: '9999-12-31T12:00:00Z' }, 'a year ahead'],
    ['UpdateRequested', { ...right['UpdateRequested'], startat: '2099-01-01T00:00:00Z' }, 'did you mean start_at?'],
    ['UpdateCancelRequested', { update_id: 'upd_1', device_id: 'dev_1', forc: true }, 'did you mean force?'],
    ['RolloutRetryRequested', { rollout_id: 'rol_1', wav: 1 }, 'did you mean wave?'],
    ['RolloutSkipRequested', { rollout_id: 'rol_1', reason: 'x', waves: 2 }, 'did you mean wave?'],
    ['FleetWindowRequested', { fleet: 'north', windw: {} }, 'did you mean window?'],
    ['RollbackRequested', { rollout_id: 'rol_1', dryrun: true }, 'dryrun'],
    ['RolloutAbortRequested', { rollout_id: 'rol_1', dry_run: true }, 'dry_run'],
    ['RolloutPauseRequested', { rollout_id: 'rol_1', force: true }, 'force'],
    ['RolloutApproveRequested', { rollout_id: 'rol_1', wave: 2 }, 'wave'],
    ['RolloutResumeRequested', { rollout_id: 'rol_1', wave: 2 }, 'wave'],
    ['RolloutRequested', { ...rollout, target: { filter: { version: '' } } }, 'version must not be empty'],
    ['RolloutRequested', { ...rollout, target: { filter: { fleet: null } } }, 'fleet must not be null'],
    ['RolloutRequested', { ...rollout, failure: null }, 'failure must not be null'],
    ['UpdateRequested', { ...right['UpdateRequested'], window: null }, 'window must not be null'],
    ['UpdateCancelRequested', { update_id: 'upd_1', force: null }, 'force must not be null'],
    ['FleetWindowRequested', { fleet: 'north', window: null }, 'window must not be null'],
    ['RolloutPauseRequested', { rollout_id: 'rol_1', reason: null }, 'reason must not be null'],
  ])('%s with %j says what is wrong', (type, body, words) => {
    const { code, detail } = refusedWith(messageOf(type, body));
    expect(code).toBe('invalid-request');
    expect(detail).toContain(words);
  });
});
