import { describe, expect, it } from 'vitest';
import type { DataOf, StoredEvent } from '@edgeflow/contracts';
import {
  at,
  cancelRequested,
  connected,
  contextWith,
  disconnected,
  dispatchedUpdate,
  onlineDevice,
  proceed,
  reached,
  registered,
  requested,
  rollbackRequested,
  firmware,
  runs,
  stateOf,
  stored,
  storedAll,
} from './story.fixture.js';
import { isDue, isNext } from './device-update.decider.js';
import { wakesAt } from './phase-deadline.js';
import { timingOf, type OpensAt } from './timing.js';

const entries = [firmware, { ...firmware, firmware_id: 'fw_1', version: '1.0.0' }];
const HOUR_S = 3_600;
const after = (s: number) => new Date(at.getTime() + s * 1000);
const ofNorth = () =>
  stored('DeviceRegistered', {
    ...{ model: 'm1', fleet: 'north', registered_by: 'spec' },
    public_key: { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) },
  });
const device = () => [ofNorth(), connected(), runs('1.0.0', 'boot_1')];
const window = { cron: '0 2 * * *', duration_s: HOUR_S, time_zone: 'UTC' };

/** Windows of an hour that open so many seconds after the start of the story: of the fleet, and the one that an update names. */
function windows(fleet_s: number | undefined, own_s?: number): OpensAt {
  const first = (from: Date, opens_s: number | undefined): Date => {
    const opens = after(opens_s ?? -1_000_000);
    if (opens_s === undefined || from.getTime() < opens.getTime()) return opens_s === undefined ? from : opens;
    const closes = opens.getTime() + HOUR_S * 1000;
    return from.getTime() < closes ? from : new Date(opens.getTime() + 24 * HOUR_S * 1000);
  };
  return (wanted, from) => {
    const openings = [
      first(from, wanted.fleet === undefined ? undefined : fleet_s),
      first(from, wanted.window ? own_s : undefined),
    ];
    return new Date(Math.max(...openings.map((one) => one.getTime())));
  };
}

const never: OpensAt = () => undefined;

/** What is decided so many seconds later. */
const decided = (events: readonly StoredEvent[], s: number, opensAt: OpensAt) =>
  proceed(stateOf(events), { ...contextWith(entries, opensAt), at: after(s) }).facts();
const decide = (events: readonly StoredEvent[], s: number, opensAt: OpensAt) => [
  ...events,
  ...storedAll(decided(events, s, opensAt)),
];
const types = (events: readonly StoredEvent[], s: number, opensAt: OpensAt) =>
  decided(events, s, opensAt).map(({ type, data }) => ('code' in data ? `${type} ${String(data.code)}` : type));
const asked = (more: Partial<DataOf<'UpdateRequested'>> = {}) => [...device(), requested(more)];

describe('a single update', () => {
  it('waits for the window of its fleet, and is told when it opens', () => {
    const open = windows(600);
    const waiting = decide(asked({ deadline_s: 60 }), 0, open);
    expect(waiting.slice(-1)).toMatchObject([
      {
        type: 'UpdateQueued',
        // It counts from when it can be told.
        data: { not_before: after(600).toISOString(), deadline_at: after(660).toISOString() },
      },
    ]);
    expect(isDue(stateOf(waiting))).toBe(false);
    expect(timingOf(stateOf(waiting))).toMatchObject({ fleet: 'north' });
    expect(types(waiting, 599, open)).toEqual([]);
    expect(decided(waiting, 600, open)).toMatchObject([
      { type: 'UpdateDispatched', data: { deadline_at: after(660).toISOString() } },
    ]);
  });

  it('waits for its start and its own window as well, whichever is last', () => {
    const start_at = after(300).toISOString();
    const none = windows(undefined);
    const waiting = decide(asked({ start_at }), 0, none);
    expect(waiting.at(-1)?.data).toMatchObject({ start_at, not_before: start_at });
    expect(types(waiting, 299, none)).toEqual([]);
    expect(types(waiting, 300, none)).toEqual(['UpdateDispatched']);
    const both = windows(100, 900);
    const later = decide(asked({ start_at, window }), 0, both);
    expect(later.at(-1)?.data).toMatchObject({ window, not_before: after(900).toISOString() });
    expect(types(later, 899, both)).toEqual([]);
    expect(types(later, 900, both)).toEqual(['UpdateDispatched']);
  });

  it('is told at once in an open window, without one, and where it ignores that of its fleet', () => {
    expect(types(asked(), 700, windows(600))).toEqual(['UpdateDispatched']);
    expect(types([...onlineDevice(), requested()], 0, windows(600))).toEqual(['UpdateDispatched']);
    expect(types(asked({ ignore_window: true, reason: 'now' }), 0, windows(600))).toEqual(['UpdateDispatched']);
    // Not its own.
    expect(types(asked({ ignore_window: true, reason: 'now', window }), 0, windows(600, 300))).toEqual([
      'UpdateQueued',
    ]);
  });

  it('is none where it ignores that of its fleet and nobody says why', () => {
    for (const none of [{}, { reason: ' ' }]) {
      const unexplained = asked({ ignore_window: true, ...none });
      expect(types(unexplained, 0, windows(600))).toEqual(['UpdateRejected reason-required']);
    }
  });

  it('is taken in while its device is offline and the window is closed, and waits for the device from then on', () => {
    const open = windows(600);
    const waiting = decide([...asked().slice(0, -1), disconnected(), requested()], 0, open);
    expect(waiting.at(-1)?.type).toBe('UpdateQueued');
    expect(types(waiting, 599, open)).toEqual([]);
    expect(isNext(stateOf(waiting))).toBe(false);
    // A restart of ours at its time, or a tunnel that is just down, costs no update.
    expect(types(waiting, 600, open)).toEqual([]);
    expect(types([...waiting, connected('ses_2')], 601, open)).toEqual(['UpdateDispatched']);
    const short = decide([...device(), disconnected(), requested({ deadline_s: 60 })], 0, open);
    expect(types(short, 661, open)).toEqual(['UpdateFailed deadline-exceeded']);
    // Within the window, offline is offline.
    expect(types([...device(), disconnected(), requested()], 600, open)).toEqual(['UpdateRejected device-offline']);
  });

  it('that waited for its device waits for the window when the device comes outside of it', () => {
    const open = windows(0);
    const waiting = decide([...device(), disconnected(), requested({ when_offline: 'queue' })], 10, open);
    const closed_s = HOUR_S + 5;
    expect(types([...waiting, connected('ses_2')], closed_s - 10, windows(undefined))).toEqual(['UpdateDispatched']);
    expect(types([...waiting, connected('ses_2')], HOUR_S - 1, windows(24 * HOUR_S))).toEqual([]);
  });

  it('ends at its deadline, which no window takes away before it has opened', () => {
    const open = windows(600);
    const waiting = decide(asked({ when_offline: 'queue', deadline_s: 60 }), 0, open);
    const offline = [...waiting, disconnected()];
    expect(wakesAt(stateOf(offline).update)).toBe(after(660).toISOString());
    expect(types(offline, 659, open)).toEqual([]);
    expect(types(offline, 660, open)).toEqual(['UpdateFailed deadline-exceeded']);
  });

  it('has the time anew when the window is moved before it could be told', () => {
    const waiting = decide(asked({ deadline_s: 60 }), 0, windows(600));
    const later = windows(5_000);
    expect(types(waiting, 600, later)).toEqual([]);
    const moved = decide(waiting, 660, later);
    expect(moved.at(-1)).toMatchObject({
      type: 'UpdateRescheduled',
      data: { not_before: after(5_000).toISOString(), deadline_at: after(5_060).toISOString() },
    });
    expect(types(moved, 661, later)).toEqual([]);
    expect(types(moved, 5_000, later)).toEqual(['UpdateDispatched']);
    // Told in time to be rescheduled or not, its deadline counts from the window.
    expect(decided(waiting, 650, windows(640))[0]?.data).toMatchObject({ deadline_at: after(700).toISOString() });
    // A window that is taken away is waited for no longer.
    expect(types(waiting, 1, windows(undefined))).toEqual(['UpdateDispatched']);
    // And one that never opens any more gives no more time.
    expect(types(waiting, 660, never)).toEqual(['UpdateFailed deadline-exceeded']);
  });

  it('has no more time than it asked for where its window is taken away, or its device leaves the fleet', () => {
    const waiting = decide(asked({ deadline_s: 60 }), 0, windows(600));
    const sooner = [{ type: 'UpdateDispatched', data: { deadline_at: after(160).toISOString() } }];
    expect(decided(waiting, 100, windows(undefined))).toMatchObject(sooner);
    expect(decided([...waiting, registered()], 100, windows(600))).toMatchObject(sooner);
    // The time that its start leaves it is its own.
    const start_at = after(300).toISOString();
    const later = decide(asked({ start_at, deadline_s: 60 }), 0, windows(600));
    expect(decided(later, 300, windows(undefined))[0]?.data).toMatchObject({ deadline_at: after(360).toISOString() });
    const told = [...waiting, ...storedAll(decided(waiting, 100, windows(undefined)))];
    expect(wakesAt(stateOf(told).update)).toBe(after(160).toISOString());
  });

  it('keeps to the window of the fleet that its device is in by then', () => {
    const waiting = decide(asked(), 0, windows(600));
    expect(types([...waiting, registered()], 1, windows(600))).toEqual(['UpdateDispatched']);
  });

  it('is refused where the windows have no time in common', () => {
    expect(types(asked({ window }), 0, never)).toEqual(['UpdateRejected window-never-opens']);
  });

  it('is refused where it is to start in a year that nobody asks for', () => {
    const asked_for = (start_at: string) => types(asked({ start_at }), 0, windows(undefined));
    expect(asked_for('9999-12-31T12:00:00Z')).toEqual(['UpdateRejected invalid-request']);
    expect(asked_for(after(367 * 24 * HOUR_S).toISOString())).toEqual(['UpdateRejected invalid-request']);
    expect(asked_for(after(365 * 24 * HOUR_S).toISOString())).toEqual(['UpdateQueued']);
  });

  it('can be taken back while it waits', () => {
    const waiting = decide(asked(), 0, windows(600));
    const { update } = stateOf(waiting);
    const update_id = update.status === 'queued' ? update.plan.update_id : '';
    expect(types([...waiting, cancelRequested(update_id)], 1, windows(600))).toEqual(['UpdateCancelled cancelled']);
  });

  it('refuses another one while it waits', () => {
    const waiting = decide(asked(), 0, windows(600));
    expect(types([...waiting, requested({}, 'req_2')], 1, windows(600))).toEqual(['UpdateRejected update-in-progress']);
  });

  it('is not done by a device that comes to run the version by itself, and waits no longer', () => {
    const waiting = decide(asked(), 0, windows(600));
    const there = [...waiting, runs('2.0.0', 'boot_2')];
    expect(types(there, 1, windows(600))).toEqual(['UpdateCancelled already-on-target']);
    const { update, kept, abandoned_version } = stateOf(decide(there, 1, windows(600)));
    expect({ update, kept, abandoned_version }).toEqual({ update: { status: 'none' } });
    const forced = decide(asked({ force: true }), 0, windows(600));
    expect(types([...forced, runs('2.0.0', 'boot_2')], 1, windows(600))).toEqual([]);
    expect(types([...forced, runs('2.0.0', 'boot_2')], 600, windows(600))).toEqual(['UpdateDispatched']);
  });
});

describe('the rollback of one device', () => {
  it('waits for no window', () => {
    const events = [...device(), runs('2.0.0', 'boot_2'), rollbackRequested()];
    expect(types(events, 0, never)).toEqual(['RollbackTriggered', 'UpdateDispatched']);
    const offline = decide([...events, disconnected()], 0, never);
    expect(types([...offline, connected('ses_2')], 1, never)).toEqual(['UpdateDispatched']);
  });
});

describe('an update that only waits, once its image is revoked', () => {
  const revoked = entries.map((entry) => (entry.version === '2.0.0' ? { ...entry, revoked: true } : entry));
  const outcome = (events: readonly StoredEvent[]) =>
    proceed(stateOf(events), { ...contextWith(revoked, windows(600)), at: after(1) }).facts();

  it.each<[string, StoredEvent[]]>([
    ['for its start', asked({ start_at: after(60).toISOString() })],
    ['for the window of its fleet', asked()],
    [
      'for its device',
      [ofNorth(), connected(), runs('1.0.0', 'boot_1'), disconnected(), requested({ when_offline: 'queue' })],
    ],
  ])('%s, has ended: nobody is told of it any more', (_, events) => {
    expect(outcome(decide(events, 0, windows(600)))).toMatchObject([
      { type: 'UpdateCancelled', data: { code: 'firmware-revoked', detail: '2.0.0 is revoked.' } },
    ]);
  });

  it('goes on where its device has put it off, and had begun with it', () => {
    const { events, update_id } = dispatchedUpdate();
    const until = after(600).toISOString();
    const off = (story: StoredEvent[]) => {
      const said = [...story, stored('DeviceUpdatePostponed', { update_id, for_s: 600, until })];
      return [...said, ...storedAll(proceed(stateOf(said), contextWith(entries)).facts())];
    };
    expect(outcome(off(events))).toMatchObject([{ type: 'UpdateCancelled', data: { code: 'firmware-revoked' } }]);
    expect(outcome(off([...events, reached(update_id, 'downloading')]))).toEqual([]);
    // It has begun before its time, and hears of it again.
    expect(outcome([...off(events), reached(update_id, 'downloading')])).toMatchObject([{ type: 'UpdateDispatched' }]);
  });
});
