import { describe, expect, it } from 'vitest';
import { failureGate } from './rollout.fixture.js';
import { gateText, planLines, waitingText } from './rollout-text.js';

describe('the words of a rollout', () => {
  it('say what it waits for, with the numbers', () => {
    const gate = { ...failureGate, action: 'pause' as const };
    expect(
      [
        { reason: 'decision' as const },
        { reason: 'capacity' as const, in_flight: 5, max_in_flight: 5, waiting: 9 },
        { reason: 'rate_limit' as const, told_last_minute: 10, max_per_minute: 10, waiting: 9, next_in_s: 12 },
        { reason: 'window' as const, opens_at: null, remaining_s: null },
        { reason: 'devices_offline' as const, devices: 1 },
        { reason: 'gate' as const, since: '', gate },
      ].map(waitingText),
    ).toEqual([
      'the decision on the request',
      'room: 5 of at most 5 in flight, 9 wait',
      'the rate limit: 10 of at most 10 a minute, 12 s left',
      'its maintenance window, which never opens',
      '1 device to come online',
      'somebody to decide: gate of wave 0 pauses: 12 of 16 failed (75 %), threshold 20 %',
    ]);
  });

  it('say a threshold that is a number of devices', () => {
    const { threshold_percent: _, ...gate } = failureGate;
    expect(gateText({ ...gate, threshold_count: 3 })).toMatch(/, threshold 3$/);
    expect(gateText({ ...gate, code: 'no-evidence', eligible: 4 })).toBe(
      'gate of wave 0 pauses: none of 4 devices has finished',
    );
  });

  it('say what is planned', () => {
    const waves = [
      { index: 0, eligible: 20, soak_s: 4, success_percent: 95 },
      { index: 1, eligible: 80, soak_s: 0 },
    ];
    expect(planLines({ version: '1.1.0', eligible: 100, excluded: {}, warnings: {}, waves, overlaps: [] })).toEqual([
      'wave 0      20 devices, 95 % must succeed, 4 s before the next',
      'wave 1      80 devices',
    ]);
  });
});
