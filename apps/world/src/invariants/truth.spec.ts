import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Diary } from '../devices/diary.js';
import { FullDisks } from './full-disks.js';
import { LogStory } from './log-story.fixture.js';
import { RanIt } from './ran-it.js';
import { refusedFaults, type Tried } from './refused-writes.js';
import { repeatFaults } from './same-requests.js';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
/** The moment of a position of a story. */
const at = (position: number): number => START_MS + position * 1_000;
const GOOD = Buffer.from('image of 2.0.0');

describe('who has completed an update ran its image', () => {
  /** A device that comes up on a version, and completes its update with the third event. */
  function completes(version: string, when: number, image?: Uint8Array): string[] {
    const diary = new Diary();
    diary.boots(at(0), '1.0.0');
    diary.boots(when, version, image);
    const story = new LogStory(new RanIt((_org, _device, from, to) => diary.between(from, to)));
    story.then('FirmwareUploaded', 'fw_1', {
      version: '2.0.0',
      sha256: createHash('sha256').update(GOOD).digest('hex'),
    });
    return story
      .queues('dev_1', 'upd_1')
      .then('UpdateCompleted', 'dev_1', { update_id: 'upd_1', version: '2.0.0' })
      .ends();
  }

  it('holds where the device came up on it while the update was open', () => {
    expect(completes('2.0.0', at(2), GOOD)).toEqual([]);
  });

  it('holds where it keeps no image, as one that speaks frames itself', () => {
    expect(completes('2.0.0', at(2))).toEqual([]);
  });

  it('is broken where it only said so, and where it comes up on it later', () => {
    expect(completes('1.9.0', at(2), GOOD)).toEqual([expect.stringContaining('did not run 2.0.0 while it was open')]);
    expect(completes('2.0.0', at(9), GOOD)).toHaveLength(1);
  });

  it('is broken where what it ran is another image', () => {
    expect(completes('2.0.0', at(2), Buffer.from('something else'))).toEqual([
      expect.stringContaining('what dev_1 ran is no image of 2.0.0'),
    ]);
  });
});

describe('what is refused changes nothing', () => {
  const makes = { type: 'DeviceRevoked', of: { device_id: 'dev_1', revoked_by: 'bob' } };
  const tries = (...statuses: (number | undefined)[]): Tried[] =>
    statuses.map((status) => ({ what: 'revoke', org: 'acme', status, makes }));
  const revoked = (...by: string[]) => {
    const story = new LogStory();
    for (const one of by) story.then('DeviceRevoked', 'dev_1', { revoked_by: one });
    return story.events;
  };

  it('holds where there are no more events than tries that were not refused', () => {
    expect(refusedFaults(revoked('bob'), tries(200, 409))).toEqual([]);
    expect(refusedFaults(revoked('bob'), tries(undefined, 409))).toEqual([]);
    expect(refusedFaults(revoked('ann'), tries(409))).toEqual([]);
  });

  it('is broken by an event of what was refused', () => {
    expect(refusedFaults(revoked('bob'), tries(409))).toEqual([
      'revoke: 1 of 1 were refused, and there are 1 DeviceRevoked (1)',
    ]);
    expect(refusedFaults(revoked('bob', 'bob'), tries(200, 409))).toHaveLength(1);
  });
});

describe('a disk that has room again takes an image', () => {
  /** A device says of its second update, which is the third event, that its disk is full; it was so from one moment to another. */
  function saysSo(full: readonly [from: number, to: number], data: object = { reported_by: 'device' }): string[] {
    const wasFull = (_org: string, _device: string, from: number, to: number): boolean =>
      full[0] <= to && full[1] >= from;
    return new LogStory(new FullDisks(wasFull))
      .queues('dev_1', 'upd_1')
      .then('UpdateFailed', 'dev_1', { update_id: 'upd_1' })
      .queues('dev_1', 'upd_2')
      .then('DeviceUpdateReported', 'dev_1', { update_id: 'upd_2', code: 'storage-full', ...data })
      .ends();
  }

  it('holds where it was full while the update was open, be it for a part of that', () => {
    expect(saysSo([at(1), at(9)])).toEqual([]);
    expect(saysSo([at(3), at(3)])).toEqual([]);
  });

  it('is broken where it had been full before, or is later', () => {
    expect(saysSo([at(1), at(2)])).toEqual([expect.stringContaining('dev_1 says of upd_2 that its disk is full')]);
    expect(saysSo([at(5), at(9)])).toHaveLength(1);
  });

  it('is about what the device itself says, in a frame or as it joins', () => {
    expect(saysSo([at(1), at(2)], { reported_by: 'gateway' })).toEqual([]);
    expect(saysSo([at(1), at(2)], { reported_by: 'device', code: 'download-failed' })).toEqual([]);
    const failed = { update_id: 'upd_1', code: 'storage-full', message: 'none' };
    const joins = new LogStory(new FullDisks(() => false)).queues('dev_1', 'upd_1');
    expect(joins.then('DeviceVersionReported', 'dev_1', { version: '1.0.0', failed }).ends()).toHaveLength(1);
  });
});

describe('a repeated request is the same one', () => {
  const heard = (status: number, request_id?: string) => ({
    ...{ what: 'acme: operator update', key: 'key_1', status },
    ...(request_id !== undefined && { request_id }),
  });

  it('has one id, or is refused each time; who is away says nothing of it', () => {
    expect(repeatFaults([heard(202, 'req_1'), heard(503), heard(202, 'req_1')])).toEqual([]);
    expect(repeatFaults([heard(409), heard(409)])).toEqual([]);
    expect(repeatFaults([{ ...heard(202, 'req_1'), undecided: true }, heard(409)])).toEqual([]);
    expect(repeatFaults([heard(202, 'req_1'), { ...heard(202, 'req_2'), key: 'key_2' }])).toEqual([]);
  });

  it('is broken by a second request, and by a refusal of what was taken', () => {
    const [two] = repeatFaults([heard(202, 'req_1'), heard(202, 'req_2')]);
    expect(two).toContain('is 2 requests: req_1, req_2');
    const [refused] = repeatFaults([heard(202, 'req_1'), heard(404)]);
    expect(refused).toContain('was taken, and refused with 404');
  });
});
