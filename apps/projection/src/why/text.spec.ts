import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventClasses, isAdministrative, metaOf, type EventName, type StoredEvent } from '@edgeflow/contracts';
import { rolloutTimelineRow } from '../rollouts/rollout-timeline.js';
import { canary, ended, inRollout, rolloutStory, tripped } from '../testing/rollout-story.fixture.js';
import { storyOf } from '../testing/device-story.fixture.js';
import { textOf } from './text.js';

const fixtures = new URL('../../../../libs/contracts/fixtures/', import.meta.url);
const NAMES = (Object.keys(eventClasses) as EventName[]).filter((type) => !isAdministrative({ type }));

/** What the catalogue's example of an event is in a timeline. */
function example(type: EventName, data?: object): { type: EventName; data: object } {
  const { entity, version } = metaOf(eventClasses[type]);
  const read = (): unknown => JSON.parse(readFileSync(new URL(`${type}.v${version}.json`, fixtures), 'utf8'));
  const event = { org: 'acme', entity, entity_id: 'x', type, data: data ?? read(), position: 1 };
  return rolloutTimelineRow(event as StoredEvent) ?? (event as StoredEvent);
}

describe('the text of an event', () => {
  it.each(NAMES)('is one plain sentence for %s', (type) => {
    const text = textOf(example(type));
    expect(text).toMatch(/^\S.*[.!?]$/);
    expect(text).not.toMatch(/undefined|\[object|NaN|\s\s|\.\./);
  });

  it.each(NAMES.filter((type) => metaOf(eventClasses[type]).refusable))(
    'is there for %s that cannot be read',
    (type) => {
      expect(textOf(example(type, {}))).toBe('Someone asked for something that cannot be read.');
    },
  );
});

describe('the text of a rollout’s event', () => {
  const story = rolloutStory('req_1');
  const gate = tripped(3, 10);
  const passed = { ...gate, gate: 'success' as const, passed: true, percent: 70, threshold_percent: 60 };
  const pause = story.actionRequested('req_2', 'RolloutPauseRequested');

  it.each([
    [story.requested(), 'carol asked for a rollout of 1.1.0 to fleet north (canary).'],
    [
      story.requested({ ...canary, target: { devices: ['a', 'b'] } }),
      'carol asked for a rollout of 1.1.0 to 2 devices (canary).',
    ],
    [
      story.accepted([4, 996], { 'device-revoked': 1, 'model-mismatch': 1_200 }),
      'The rollout of 1.1.0 was accepted: 1,000 devices in 2 waves; left out: model-mismatch 1,200, device-revoked 1.',
    ],
    [
      story.planned([{ device_id: 'a' }], [], { joined: true }),
      '1 device joined the rollout.', // prettier-ignore
    ],
    [story.waveStarted(1, 1, 'rollback'), 'Wave 1 of the way back was started: 1 device.'],
    [
      story.waveCompleted(0, ended(7, 2, 1, 1)),
      'Wave 0 was completed: 7 of 11 succeeded, 2 failed, 1 was skipped, 1 was cancelled.',
    ],
    [
      story.waveCompleted(0, ended(7, 3), { gate }),
      'Wave 0 was completed: 3 of 10 failed (30 %), the threshold is 10 %: the rollout is rolled back.',
    ],
    [
      story.waveCompleted(0, ended(7, 3), { gate: passed }),
      'Wave 0 was completed: 7 of 10 succeeded (70 %), the threshold is 60 %: the gate is passed.',
    ],
    [story.triggered(gate), 'The rollout is rolled back: 3 of 10 in wave 0 failed (30 %), the threshold is 10 %.'],
    [
      story.triggered({ ...gate, per: 'rollout', threshold_count: 3 }),
      'The rollout is rolled back: 3 of 10 in the whole rollout failed (30 %), the threshold is 3.',
    ],
    [story.paused(pause), 'carol (operator) paused the rollout: night shift.'],
    [story.refused(pause, 'pause'), 'The request to pause was refused (action-not-allowed): not now.'],
    [
      story.wentBack(ended(2), 1),
      'The way back was completed: 2 of 2 succeeded, 1 device had no version to go back to.',
    ],
  ])('says who, what and how many: %#', (event, text) => {
    expect(textOf(rolloutTimelineRow({ ...event, position: 1 })!)).toBe(text);
  });
});

describe('the text of a device’s event', () => {
  const device = storyOf('dev_1');
  const back = { rollout_id: 'rol_1', wave: 0, rollback: true } as const;

  it.each([
    [device.queued(1, '1.1.0'), 'The update to 1.1.0 was accepted.'],
    [
      inRollout({ rollout_id: 'rol_1', wave: 2, attempt: 3 }, device.queued(1, '1.1.0')),
      'The update to 1.1.0 was accepted in wave 2 of rollout rol_1, try 3.',
    ],
    [inRollout(back, device.completed(1, '1.0.0')), 'The device runs 1.0.0: the way back is completed.'],
    [
      inRollout(back, device.failed(1, '1.0.0')),
      'The way back to 1.0.0 failed (checksum-mismatch): ended: checksum-mismatch.',
    ],
    [
      device.refused('tunnel', 12, 'token-expired', 'The token has expired; its clock is 6 minutes behind'),
      'The device was refused 12 times since 2026-02-21T11:00:00.000Z: token-expired. The token has expired; its clock is 6 minutes behind.',
    ],
    [
      device.refused('frame', 1, 'unknown-phase', 'progress: phase x is none of those'),
      'Something that the device said was not taken 1 time since 2026-02-21T11:00:00.000Z: unknown-phase. progress: phase x is none of those.',
    ],
  ])('says which update and why: %#', ({ type, data }, text) => {
    expect(textOf({ type, data })).toBe(text);
  });
});
