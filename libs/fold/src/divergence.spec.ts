import { VirtualTime } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import { divergence } from './divergence.js';

const THEN = '2026-11-30T10:00:00.000Z';
const marks = { stream_created: 'then', position: 8, event_id: 'evt_8', lasting_position: 7, lasting_id: 'evt_7' };

/** Whether a checkpoint and a log belong together that answers from a replica which has the event only after so long. */
function compared(behind_ms: number) {
  const time = new VirtualTime();
  const log = {
    state: () => Promise.resolve({ created: 'then', last: 8 } as never),
    markAt: (position: number) => Promise.resolve(time.now_ms < behind_ms ? undefined : `evt_${position}`),
    nextMark: (position: number) =>
      Promise.resolve(time.now_ms < behind_ms ? undefined : { position, mark: `evt_${position}` }),
  };
  return time.until(divergence(log, marks, time.clock()));
}

/** The same, where the log has lost presence from its end: another event stands there, or what stood there has left it. @param next what does, or stands next */
function withoutPresence(behind_ms: number, next: number, seen?: { created: string; last: number }) {
  const time = new VirtualTime();
  const isBehind = (): boolean => time.now_ms < behind_ms;
  const log = {
    state: () => Promise.resolve({ created: 'then', last: 9 } as never),
    markAt: (at: number) => Promise.resolve(at === 7 ? 'evt_7' : isBehind() || next !== at ? undefined : 'evt_other'),
    nextMark: () => Promise.resolve(isBehind() ? undefined : { position: next, mark: 'evt_other' }),
  };
  return time.until(divergence(log, marks, time.clock(), seen as never));
}

describe('a checkpoint that is compared with its log', () => {
  it.each([0, 900, 3_000])('belongs to it though a replica that answers is behind by %i ms', async (behind_ms) => {
    expect(await compared(behind_ms)).toBeUndefined();
  });

  it.each([
    ['what it has is the same event', `evt_8 ${THEN}`, undefined],
    ['an earlier release kept the id alone', 'evt_8', undefined],
    ['the same decision was made again at another time', 'evt_8 2026-11-30T09:00:00.000Z', 'checkpoint-ahead'],
    ['another id begins with the one that was kept', 'evt', 'checkpoint-ahead'],
  ])('belongs to it or not where %s', async (_what, event_id, alarm) => {
    const time = new VirtualTime();
    const log = {
      state: () => Promise.resolve({ created: 'then', last: 8 } as never),
      markAt: (position: number) => Promise.resolve(`evt_${position} ${THEN}`),
      nextMark: () => Promise.reject(new Error('nobody has to ask')),
    };
    const kept = { ...marks, event_id, lasting_position: 8, lasting_id: event_id };
    expect(await time.until(divergence(log, kept, time.clock()))).toBe(alarm);
  });

  it.each([0, 900, 3_000])(
    'does not where presence is lost, though a replica that answers is behind by %i ms',
    async (ms) => {
      expect(await withoutPresence(ms, 8)).toBe('checkpoint-ahead');
    },
  );

  it('does not where presence is lost, as a beat sees it within a second', async () => {
    expect(await withoutPresence(900, 8, { created: 'then', last: 9 })).toBe('checkpoint-ahead');
  });

  it.each([
    ['the lease of presence is over', 0, 9],
    ['it is over, and nothing stands behind it', Infinity, 8],
  ])('belongs to it where %s', async (_what, behind_ms, next) => {
    expect(await withoutPresence(behind_ms, next)).toBeUndefined();
  });

  it('does not, where what lasts is missing for good', async () => {
    expect(await compared(Infinity)).toBe('checkpoint-ahead');
  });
});
