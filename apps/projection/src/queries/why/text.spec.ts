import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnsOf, entityOf, eventClasses, isRequest, type EventName, type StoredEvent } from '@edgeflow/contracts';
import { rolloutTimelineRow } from '../../processors/rollout-timeline.js';
import { canary, ended, inRollout, rolloutStory, tripped } from '../../testing/rollout-story.fixture.js';
import { storyOf } from '../../testing/device-story.fixture.js';
import type { TimelineEvent } from '../../rows/timeline.row.js';
import { textOf } from './text.js';

const fixtures = new URL('../../../../../libs/contracts/fixtures/', import.meta.url);
const ALL = Object.keys(eventClasses) as EventName[];
const NAMES = ALL.filter((type) => columnsOf(type).text !== null);

/** What the catalogue's example of an event is in a timeline. */
function example(type: EventName, data?: object): Pick<TimelineEvent, 'type' | 'data' | 'source'> {
  const { entity, version } = columnsOf(type);
  const read = (): unknown => JSON.parse(readFileSync(new URL(`${type}.v${version}.json`, fixtures), 'utf8'));
  const event = { org: 'acme', entity, entity_id: 'x', source: '/spec', type, data: data ?? read(), position: 1 };
  return rolloutTimelineRow(event as StoredEvent) ?? (event as StoredEvent);
}

describe('the text of an event', () => {
  it('is there for whatever timelines hold', () => {
    const held = ALL.filter((type) => ['request', 'firmware', 'rollout', 'update', 'device'].includes(entityOf(type)));
    expect(NAMES).toEqual(held);
  });

  it.each(NAMES)('is one plain sentence for %s', (type) => {
    const text = textOf(example(type));
    expect(text).toMatch(/^\S.*[.!?]$/);
    expect(text).not.toMatch(/undefined|\[object|NaN|\s\s|\.\./);
  });

  it.each([
    ['http:bob', { requested_by: 'bob', role: 'admin' }, 'bob (admin) asked'],
    ['http:bob', {}, 'Someone asked'],
    ['/team/ci', { requested_by: 'bob', role: 'admin' }, '/team/ci (in its words: bob, admin) asked'],
    ['/team/ci', {}, '/team/ci asked'],
    ['', { requested_by: 'bob' }, 'bob asked'],
  ])('says who sent a request, and what is only their word: %s %j', (source, data, text) => {
    expect(textOf({ type: 'RolloutAbortRequested', data: { rollout_id: 'rol_1', ...data }, source })).toBe(
      `${text} to abort the rollout.`,
    );
  });

  it.each([
    ['http:bob', 'bob (admin)'],
    ['/team/ci', '/team/ci (in its words: bob, admin)'],
    [undefined, 'bob (admin)'],
  ])('says the same of an answer to one: %s', (from, text) => {
    const about = { rollout_id: 'rol_1', cause: 'operator', requested_by: 'bob', role: 'admin', source: from };
    const of = { source: '/rollout-orchestrator' };
    expect(textOf({ type: 'RolloutPaused', data: about as never, ...of })).toBe(`${text} paused the rollout.`);
    const approved = { ...about, wave: 0 } as never;
    expect(textOf({ type: 'RolloutApproved', data: approved, ...of })).toBe(`${text} approved wave 0.`);
    const alone = { ...about, device_id: 'dev_1', version: '1.0.0' } as never;
    expect(textOf({ type: 'RollbackTriggered', data: alone, ...of })).toBe(`${text} had the device go back to 1.0.0.`);
  });

  it.each(NAMES.filter((type) => isRequest({ type })))('is there for %s that cannot be read', (type) => {
    expect(textOf(example(type, {}))).toBe('/spec asked for something that cannot be read.');
  });
});

describe('the text of a rollout’s event', () => {
  const story = rolloutStory('req_1');
  const gate = tripped(3, 10);
  const passed = { ...gate, gate: 'success' as const, passed: true, percent: 70, threshold_percent: 60 };
  const without = { finished: 0, succeeded: 0, failed: 0, percent: 0, eligible: 3, skipped: 1, cancelled: 2 };
  const nothing = { ...passed, ...without, passed: false, code: 'no-evidence' as const, action: 'pause' as const };
  const pause = story.actionRequested('req_2', 'RolloutPauseRequested');

  it.each([
    [story.requested(), '/spec (in its words: carol) asked for a rollout of 1.1.0 to fleet north (canary).'],
    [
      story.requested({ ...canary, target: { devices: ['a', 'b'] } }),
      '/spec (in its words: carol) asked for a rollout of 1.1.0 to 2 devices (canary).',
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
    [
      story.waveCompleted(0, ended(0, 0, 1, 2), { gate: nothing }),
      'Wave 0 was completed: none of 3 has finished (1 was skipped, 2 were cancelled), which proves nothing: the rollout is paused.',
    ],
    [story.triggered(gate), 'The rollout is rolled back: 3 of 10 in wave 0 failed (30 %), the threshold is 10 %.'],
    [
      story.triggered({ ...gate, per: 'rollout', threshold_count: 3 }),
      'The rollout is rolled back: 3 of 10 in the whole rollout failed (30 %), the threshold is 3.',
    ],
    [story.paused(pause), 'carol (operator) paused the rollout: night shift.'],
    [story.refused(pause, 'pause'), 'The request to pause was refused (action-not-allowed): not now.'],
    [
      story.wentBack(ended(1, 1), 1, { incomplete: 2, codes: { 'no-good-version': 1, 'install-failed': 1 } }),
      'The way back has ended, 2 devices not back (install-failed 1, no-good-version 1): 1 of 2 succeeded, 1 failed, 1 device had no version to go back to.',
    ],
    [
      story.wentBack(ended(2), 1),
      'The way back was completed: 2 of 2 succeeded, 1 device had no version to go back to.',
    ],
    [
      story.wentBack(ended(2), 0, { incomplete: 0, revoked: 1 }),
      'The way back was completed: 2 of 2 succeeded; 1 revoked device left alone.',
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
  ])('says which update and why: %#', (event, text) => {
    expect(textOf(event)).toBe(text);
  });
});
