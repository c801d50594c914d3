import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OtaEvent, StoredEvent } from '@edgeflow/contracts';
import { history, storyOf, type Story } from '../testing/device-story.fixture.js';
import { deviceIdOf } from './timeline.js';
import { evolve, isDeviceEvent } from './device.evolve.js';
import type { DeviceRecord } from '../rows/device.record.js';
import type { OtaStatus } from '../rows/device.row.js';

type Records = Map<string, DeviceRecord>;

const keyOf = (event: StoredEvent): string => `${event.org}/${deviceIdOf(event)}`;

function fold(events: readonly StoredEvent[], records: Records = new Map()): Records {
  for (const event of events.filter(isDeviceEvent)) {
    const record = evolve(records.get(keyOf(event)), event);
    if (record) records.set(keyOf(event), record);
  }
  return records;
}

/** Anything that a stream may hold, in any order: more than its owners would ever write. */
const step: fc.Arbitrary<(story: Story) => OtaEvent> = fc.oneof(
  fc.constantFrom<(story: Story) => OtaEvent>(
    (story) => story.registered(),
    (story) => story.revoked(),
  ),
  fc.constantFrom('ses_1', 'ses_2').map((tunnel) => (story: Story) => story.connected(tunnel)),
  fc.constantFrom('ses_1', 'ses_2').map((tunnel) => (story: Story) => story.disconnected(tunnel)),
  fc.constantFrom('1.0.0', '1.1.0', '1.2.0').map((version) => (story: Story) => story.runs(version)),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 100 })).map(
    ([n, progress]) =>
      (story: Story) =>
        story.progress(n, progress),
  ),
  fc.integer({ min: 1, max: 3 }).map((n) => (story: Story) => story.reverted(n, `1.${n}.0`, '1.0.0')),
  fc
    .tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('queued', 'dispatched', 'completed', 'failed', 'cancelled', 'skipped', 'rejected', 'requested'),
    )
    .map(
      ([n, what]) =>
        (story: Story) =>
          story[what](n, `1.${n}.0`),
    ),
);

const steps = fc.array(step, { maxLength: 40 });
const registeredFirst = (story: Story, rest: readonly ((story: Story) => OtaEvent)[]): OtaEvent[] => [
  story.registered(),
  ...rest.map((make) => make(story)),
];

/** `a` and `b` in one log, each in its order; `pick` says whose turn it is. */
function interleave(a: readonly OtaEvent[], b: readonly OtaEvent[], pick: readonly boolean[]): OtaEvent[] {
  const [left, right] = [[...a], [...b]];
  const taken: OtaEvent[] = [];
  for (const turn of pick) taken.push(...(turn ? left : right).splice(0, 1));
  return [...taken, ...left, ...right];
}

const positionless = (record: DeviceRecord | undefined) => record && { ...record, position: 0 };

const NEXT: Record<OtaStatus, readonly OtaStatus[]> = {
  idle: ['idle', 'updating', 'failed'],
  updating: ['updating', 'completed', 'failed', 'idle'],
  completed: ['completed', 'updating', 'failed'],
  // Idle where it comes up on what was taken back before: no update that stands has brought it there.
  failed: ['failed', 'updating', 'idle'],
};

describe('the fold of device records', () => {
  it('gives the same record however the events of other devices and organizations stand between', () => {
    fc.assert(
      fc.property(steps, steps, fc.array(fc.boolean(), { maxLength: 80 }), (one, other, pick) => {
        const mine = registeredFirst(storyOf('dev_1', 'acme'), one);
        const theirs = registeredFirst(storyOf('dev_1', 'globex'), other);
        const together = fold(history(...interleave(mine, theirs, pick)));
        const alone = fold(history(...mine)).get('acme/dev_1');
        expect(positionless(together.get('acme/dev_1'))).toEqual(positionless(alone));
        expect(together.get('globex/dev_1')?.org).toBe('globex');
      }),
    );
  });

  it('gives the same record however often parts of the log are delivered again', () => {
    const replays = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 6 });
    fc.assert(
      fc.property(steps, replays, (rest, starts) => {
        const events = history(...registeredFirst(storyOf('dev_1'), rest));
        const records: Records = new Map();
        // At least once: what is delivered next begins at or before what comes next, never after it.
        let done = 0;
        for (const [back, length] of starts) {
          const from = Math.max(0, done - back);
          fold(events.slice(from, from + length), records);
          done = Math.max(done, Math.min(events.length, from + length));
        }
        fold(events.slice(done), records);
        expect(records).toEqual(fold(events));
      }),
    );
  });

  it('keeps progress within 0 and 100, positions growing, and the status machine legal', () => {
    fc.assert(
      fc.property(steps, (rest) => {
        let before: DeviceRecord | undefined;
        for (const event of history(...registeredFirst(storyOf('dev_1'), rest)).filter(isDeviceEvent)) {
          const after = evolve(before, event);
          expect(after?.progress).toBeGreaterThanOrEqual(0);
          expect(after?.progress).toBeLessThanOrEqual(100);
          if (before && after) {
            expect(NEXT[before.ota_status]).toContain(after.ota_status);
            expect(after === before ? after.position : event.position).toBe(after.position);
          }
          before = after;
        }
      }),
    );
  });
});
