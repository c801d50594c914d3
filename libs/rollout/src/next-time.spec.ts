import { describe, expect, it } from 'vitest';
import { nextTime } from './next-time.js';
import type { WaitingFor } from './waiting-for.js';

const at = (hour: number): string => `2026-03-01T0${hour}:00:00.000Z`;
const soak = (hour: number): WaitingFor => ({ reason: 'soak', wave: 0, until: at(hour), remaining_s: 1 });
const window = (opens_at: string | null): WaitingFor => ({ reason: 'window', opens_at, remaining_s: null });
const backoff = (hour: number): WaitingFor => ({ reason: 'backoff', devices: 1, next_at: at(hour) });
const fleet = (hour: number): WaitingFor => ({
  reason: 'fleet_window',
  devices: 1,
  opens_at: at(hour),
  remaining_s: 1,
});
const approval: WaitingFor = { reason: 'approval', wave: 1 };

describe('when a rollout goes on', () => {
  it.each<[string, WaitingFor[], string | null]>([
    ['is the last of what holds up all of it', [soak(2), window(at(1)), backoff(0)], at(2)],
    [
      'is the first of what keeps single devices',
      [backoff(3), fleet(2), { reason: 'devices_busy', devices: 1 }],
      at(2),
    ],
    ['is not known where somebody has to decide', [soak(2), approval], null],
    ['is not known where a window never opens', [window(null), backoff(1)], null],
    ['is no time where it waits for none', [{ reason: 'devices_offline', devices: 2 }], null],
    ['is no time where it waits for nothing', [], null],
  ])('%s', (_what, waits, expected) => {
    expect(nextTime(waits)).toBe(expected);
  });
});
