import { describe, expect, it } from 'vitest';
import type { OtaEvent } from '@edgeflow/contracts';
import { causedBy, history, storyOf } from '../../testing/device-story.fixture.js';
import { inRollout, rolloutStory } from '../../testing/rollout-story.fixture.js';
import { timelineRow } from '../../processors/timeline.js';
import { bounded, causesBeyond, deviceChain } from './chain.js';

const device = storyOf('dev_1');

/** The chain of the last of these events. */
function chainOf(...events: readonly OtaEvent[]): { types: string[]; beyond: string[] } {
  const rows = history(...events).flatMap((event) => timelineRow(event) ?? []);
  const start = rows.pop()!;
  const chain = deviceChain(start, rows);
  return { types: chain.map(({ type }) => type), beyond: causesBeyond(chain) };
}

describe('the chain of a device that was updated by itself', () => {
  const asked = device.requested(1, '1.1.0');
  const connected = device.connected();
  const reported = causedBy(connected, device.runs('1.1.0', 'boot_2'));
  // The report proves the update, and is no part of its story.
  const completed = { ...causedBy(reported, device.completed(1, '1.1.0')), correlation_id: asked.correlation_id };
  const queued = causedBy(asked, device.queued(1, '1.1.0'));
  const earlier = [device.registered(), device.connected('ses_0'), device.runs('1.0.0'), device.requested(0, '1.0.5')];

  it('goes from what proved it back to the request', () => {
    const dispatched = causedBy(asked, device.dispatched(1, '1.1.0'));
    const gone = device.disconnected('ses_0');
    expect(chainOf(...earlier, asked, queued, dispatched, gone, connected, reported, completed)).toEqual({
      types: [
        ...['UpdateCompleted', 'DeviceVersionReported', 'DeviceConnected', 'UpdateDispatched', 'UpdateQueued'],
        'UpdateRequested',
      ],
      beyond: [],
    });
  });

  it('has the reconnect that a queued update waited for', () => {
    const late = { ...causedBy(connected, device.dispatched(1, '1.1.0')), correlation_id: asked.correlation_id };
    const { types } = chainOf(asked, queued, connected, late);
    expect(types).toEqual(['UpdateDispatched', 'DeviceConnected', 'UpdateQueued', 'UpdateRequested']);
  });

  it('ends where a cause is not known, and never runs in circles', () => {
    const one = { ...device.requested(2, '1.1.0'), causation_id: 'evt_of_a_team' };
    expect(chainOf(one, causedBy(one, device.queued(2, '1.1.0'))).beyond).toEqual(['evt_of_a_team']);
    const own = device.requested(3, '1.1.0');
    expect(chainOf({ ...own, causation_id: own.id }).types).toEqual(['UpdateRequested']);
  });
});

describe('the chain of a device of a rollout', () => {
  it('names the event of the rollout that it goes on with', () => {
    const story = rolloutStory('req_1');
    const asked = story.requested();
    const wave = story.waveStarted(0, 4);
    const place = { rollout_id: story.rollout_id, wave: 0 };
    const queued = inRollout(place, device.queued(1, '1.1.0'), wave);
    const dispatched = inRollout(place, device.dispatched(1, '1.1.0'), wave);
    const said = causedBy(dispatched, device.reported(1, 'device'));
    const failed = inRollout(place, device.failed(1, '1.1.0'), said);
    expect(wave.correlation_id).toBe(asked.id);
    expect(chainOf(device.connected(), queued, dispatched, said, failed)).toEqual({
      types: ['UpdateFailed', 'DeviceUpdateReported', 'UpdateDispatched', 'UpdateQueued'],
      beyond: [wave.id],
    });
  });
});

describe('the chain of a device whose update was withdrawn', () => {
  it('has both stories: why it was told, and why it was stopped', () => {
    const story = rolloutStory('req_2');
    const wave = story.waveStarted(0, 4);
    const aborted = story.aborted(story.actionRequested('req_3', 'RolloutAbortRequested'));
    const place = { rollout_id: story.rollout_id, wave: 0 };
    const queued = inRollout(place, device.queued(1, '1.1.0'), wave);
    expect(chainOf(queued, inRollout(place, device.cancelled(1, '1.1.0'), aborted))).toEqual({
      types: ['UpdateCancelled', 'UpdateQueued'],
      beyond: [aborted.id, wave.id],
    });
  });
});

describe('a long chain', () => {
  it.each([
    [[5, 4, 3, 2, 1], 3, [5, 4, 1]],
    [[3, 2, 1], 3, [3, 2, 1]],
    [[], 3, []],
  ])('of %j is cut in the middle, so that its beginning is there', (chain, max, expected) => {
    expect(bounded(chain, max)).toEqual(expected);
  });
});
