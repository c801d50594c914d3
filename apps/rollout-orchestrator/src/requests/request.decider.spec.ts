import type { DataOf, Fact, RequestName, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { describe, expect, it } from 'vitest';
import { requestDecider } from './request.decider.js';

const { given } = spec(requestDecider);
const request_id = 'req_1';
const update = (version = '2.0.0', requested_by?: string): Fact<'UpdateRequested'> => ({
  type: 'UpdateRequested',
  data: { device_id: 'dev_1', version, ...(requested_by !== undefined && { requested_by }) },
});
const window: Fact<'FleetWindowRequested'> = { type: 'FleetWindowRequested', data: { fleet: 'north' } };
const changed: Fact<'FleetWindowChanged'> = { type: 'FleetWindowChanged', data: { request_id, fleet: 'north' } };
const refusal: DataOf<'RequestRefused'> = { request_id, code: 'invalid-request', detail: 'no' };
const refused: Fact<'RequestRefused'> = { type: 'RequestRefused', data: refusal };
const ask = (fact: Fact<RequestName>) => ({ type: 'Ask' as const, request_id, fact });
const answer = { type: 'Answer', request_id } as const;

/** A request as the log hands over one whose payload is wrong. */
const unreadable = (type: RequestName): StoredEvent<RequestName> =>
  ({
    ...{ org: 'acme', entity: 'request', entity_id: request_id, id: 'evt_1', source: '/team', correlation_id: 'evt_1' },
    ...{ time: '2026-02-21T12:00:00.000Z', position: 1, type, data: {}, violation: 'version must be semantic' },
  }) as never;
const unknown: UnreadEvent = {
  ...{ org: 'acme', entity: 'request', entity_id: request_id, type: 'RolloutSkipRequested', subject: '', position: 1 },
  ...{ id: '', time: '', unread: { why: 'unknown-type' } },
};

describe('a request', () => {
  it('is asked once, whoever asks again', () => {
    given([]).when(ask(update())).then([update()]);
    given([update('2.0.0', 'ann')])
      .when(ask(update('2.0.0', 'bob')))
      .thenNothing();
  });

  it.each<[string, Parameters<typeof given>[0]]>([
    ['another request', [update('3.0.0')]],
    ['another request', [window, changed]],
    ['a refusal', [refused]],
    ['what this build does not know', [unknown]],
  ])('is refused where the id is in use for %s', (_what, history) => {
    given(history).when(ask(update())).thenRefused('request-exists');
  });

  it('for a window is answered with it, since it holds as soon as it is in the log', () => {
    given([]).when(ask(window)).then([window, changed]);
  });
});

describe('a request that nobody has answered', () => {
  it('is answered where it can be at once: a window, and an update that cannot be read', () => {
    given([window]).when(answer).then([changed]);
    const [fact] = given([unreadable('UpdateRequested')])
      .when(answer)
      .facts();
    expect(fact).toMatchObject({ type: 'RequestRefused', data: { code: 'invalid-request', source: '/team' } });
  });

  it('is answered elsewhere otherwise', () => {
    given([update()]).when(answer).thenNothing();
    given([unreadable('RolloutRequested')])
      .when(answer)
      .thenNothing();
    given([unreadable('FleetWindowRequested')])
      .when(answer)
      .thenNothing();
  });

  it('is answered once', () => {
    given([window, changed]).when(answer).thenNothing();
    given([unreadable('UpdateRequested'), refused])
      .when(answer)
      .thenNothing();
  });
});

describe('a message that is not taken', () => {
  const refuse = (id: string) => ({ type: 'Refuse' as const, id, refusal });

  it('is refused once, and so often under one id that nobody fills the log by it', () => {
    given([]).when(refuse('evt_9')).then([refused]);
    given([refused]).when(refuse('evt_1')).thenNothing();
    given([refused]).when(refuse('evt_9')).then([refused]);
    given(Array.from({ length: 19 }, () => refused))
      .when(refuse('evt_99'))
      .then([refused]);
    given(Array.from({ length: 20 }, () => refused))
      .when(refuse('evt_99'))
      .thenNothing();
  });
});
