import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { rolloutIdOf } from '@edgeflow/rollout';
import { history, storyOf } from '../testing/device-story.fixture.js';
import { canary, rolloutStory } from '../testing/rollout-story.fixture.js';
import { rolloutTimelineRow } from './rollout-timeline.js';

const story = rolloutStory('req_1');
const rowOf = (event: OtaEvent) => rolloutTimelineRow(history(event)[0]!);

describe('the timeline of a rollout', () => {
  it.each([
    ['the request for it', story.requested()],
    ['a request aimed at it', story.actionRequested('req_2', 'RolloutPauseRequested')],
    ['its stream', story.started()],
  ])('holds an event of %s', (_, event) => {
    expect(rowOf(event)).toEqual({
      ...{ org: 'acme', rollout_id: story.rollout_id, position: 1, event_id: event.id, type: event.type },
      ...{ time: event.time, data: event.data, source: '/spec', correlation_id: event.correlation_id },
      causation_id: event.causation_id ?? null,
    });
  });

  it('holds a request that cannot be read', () => {
    const { data: _, ...rest } = story.actionRequested('req_3', 'RolloutAbortRequested');
    const row = rowOf({ ...rest, data: {}, violation: 'must have rollout_id' } as OtaEvent);
    expect(row).toMatchObject({ rollout_id: rolloutIdOf('acme', 'req_3'), data: {} });
  });

  it('has numbers in the place of devices', () => {
    const planned = story.planned([{ device_id: 'a' }, { device_id: 'b' }], [{ device_id: 'c', reason: 'x' }]);
    expect(rowOf(planned)?.data).toEqual({
      ...{ rollout_id: story.rollout_id, stage: 'forward', device_count: 2, excluded_count: 1 },
    });
    const named = { ...canary, target: { devices: ['a', 'b'] } };
    expect(rowOf(story.requested(named))?.data).toMatchObject({ target: { device_count: 2 } });
    expect(rowOf(story.accepted([2], {}, named))?.data).toMatchObject({ spec: { target: { device_count: 2 } } });
    expect(JSON.stringify([rowOf(story.requested(named)), rowOf(story.accepted([2], {}, named))])).not.toContain(
      'devices',
    );
  });

  it('holds nothing of what its devices do', () => {
    expect(rowOf(storyOf('dev_1').queued(1, '1.1.0'))).toBeUndefined();
  });
});
