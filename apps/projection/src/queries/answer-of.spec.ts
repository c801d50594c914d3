import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { evolve, isOfRollout, noRollout, noneWithheld, type Rollout } from '@edgeflow/rollout';
import { history } from '../testing/device-story.fixture.js';
import { rolloutStory } from '../testing/rollout-story.fixture.js';
import { answerOf, answerState, itemOf } from './answer-of.js';

const AT = new Date('2026-02-21T13:00:00.000Z');
const story = rolloutStory('req_1');
const requested = story.requested();
const devices = [{ device_id: 'dev_1' }, { device_id: 'dev_2' }];

function stateAfter(...events: readonly OtaEvent[]): Rollout {
  return history(...events)
    .filter(isOfRollout)
    .reduce<Rollout>(evolve, noRollout);
}

const rowOf = (state: Rollout) => ({ rollout_id: story.rollout_id, version: '1.1.0', state });
const answer = (...events: readonly OtaEvent[]) => answerOf(rowOf(stateAfter(...events)), AT, noneWithheld, 7);

const FIELDS = [
  ...['rollout_id', 'version', 'state', 'strategy', 'percent', 'eligible', 'excluded', 'waves', 'allowed_actions'],
  ...['waiting_for', 'position'],
];

describe('the answer for a rollout', () => {
  it.each([
    [
      'requested',
      [requested],
      { state: 'requested', strategy: { type: 'canary' }, waiting_for: [{ reason: 'decision' }] },
    ],
    [
      'rejected',
      [requested, story.rejected()],
      { state: 'rejected', code: 'firmware-unknown', strategy: { type: 'canary' } },
    ],
    [
      'accepted',
      [requested, story.accepted([1, 1], { 'model-mismatch': 2 }), story.planned(devices)],
      { state: 'scheduled', eligible: 2, excluded: { 'model-mismatch': 2 }, code: null, position: 7 },
    ],
  ])('that is %s begins with the fields of the design, in their order', (_, events, expected) => {
    const found = answer(...events)!;
    expect(found).toMatchObject(expected);
    expect(Object.keys(found).slice(0, FIELDS.length)).toEqual(FIELDS);
    expect(Object.keys(found)).toEqual(Object.keys(answer(requested)!));
  });

  it('that is rejected says what was asked for, and by whom', () => {
    const asked = { ...requested, source: '/team/ci' };
    expect(answer(asked, story.rejected())).toMatchObject({
      ...{ request_id: 'req_1', requested_by: 'carol', source: '/team/ci', version: '1.1.0' },
      spec: { version: '1.1.0', target: { fleet: 'north' } },
    });
    const unread = { ...requested, data: {}, violation: 'must have version' } as OtaEvent;
    expect(answer(unread, story.rejected('invalid-request'))).toMatchObject({ request_id: 'req_1', spec: null });
  });

  it('has no plan to show for a request that cannot be read', () => {
    const unread = { ...requested, data: {}, violation: 'must have version' } as OtaEvent;
    expect(answer(unread)).toMatchObject({ state: 'requested', strategy: null, spec: null });
  });

  it('is none for what was asked of a rollout that does not exist', () => {
    const state = stateAfter(story.actionRequested('req_2', 'RolloutPauseRequested'));
    expect(answerState(state)).toBeUndefined();
    expect(itemOf(rowOf(state), AT, 7)).toEqual([]);
  });
});
