import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { rollingBack, rollout, successGate, wave } from './rollout.fixture.js';
import { blockOf } from './rollout-view.js';
import type { Rollout } from './rollout.js';

const shown = (now: Rollout, seconds = 5): string[] =>
  blockOf(now, seconds).map((line) => stripVTControlCharacters(line).trimEnd());

describe('the block of a rollout', () => {
  it('shows each wave with its state, its bar and its numbers', () => {
    const canary = wave(0, 20, { state: 'running', queued: 0, in_flight: 5, succeeded: 10, failed: 5, percent: 75 });
    const waiting_for: Rollout['waiting_for'] = [{ reason: 'devices_in_flight', devices: 5 }];
    expect(shown(rollout({ percent: 15, waves: [canary, wave(1, 80)], waiting_for }))).toEqual([
      'canary, 1.1.0 to 100 devices: running, 15 %  5 s',
      '       state                        devices queued in flight succeeded failed',
      'wave 0 running   █████████▒▒▒  75 %      20      0         5        10      5',
      'wave 1 pending   ░░░░░░░░░░░░   0 %      80     80         0         0      0',
      'waits for 5 devices in flight',
    ]);
  });

  it('shows what a gate decided, and how long the soak lasts', () => {
    const canary = wave(0, 20, { state: 'soaking', queued: 0, succeeded: 20, percent: 100, gate: successGate });
    const waiting_for: Rollout['waiting_for'] = [{ reason: 'soak', wave: 0, until: '', remaining_s: 3 }];
    expect(shown(rollout({ waves: [canary, wave(1, 80)], waiting_for })).slice(-2)).toEqual([
      'gate of wave 0 passed: 20 of 20 succeeded (100 %), threshold 95 %',
      'waits for the soak of wave 0, 3 s left',
    ]);
  });

  it('shows the way back below the waves that were stopped', () => {
    expect(shown(rollingBack)).toEqual([
      'canary, 1.1.0 to 100 devices: rolling back, 25 %  5 s',
      '       state                        devices queued in flight succeeded failed',
      'wave 0 ended     ████████████ 100 %      20      0         0         4     16',
      'wave 1 cancelled ░░░░░░░░░░░░            80      0         0         0      0',
      'back 0 running   ███▒▒▒▒▒▒░░░  25 %       4      1         2         1      0',
      'gate of wave 0 rolls back: 12 of 16 failed (75 %), threshold 20 %',
      'waits for 2 devices in flight',
    ]);
  });

  it('says how many of a wave were cancelled when it was half-way', () => {
    const half = wave(0, 60, { state: 'running', queued: 0, succeeded: 19, cancelled: 41, percent: 100 });
    expect(shown(rollout({ waves: [half] }))[2]).toMatch(/^wave 0 ended .* 41 cancelled$/);
  });

  it('fits into 80 columns with the indent of the console', () => {
    const most = wave(0, 10_000, { queued: 10_000, in_flight: 10_000, succeeded: 10_000, failed: 10_000 });
    const [, headings = '', row = ''] = shown(rollout({ waves: [most] }));
    expect(headings.length).toBeLessThanOrEqual(78);
    expect(row.length).toBeLessThanOrEqual(78);
  });

  it('has a bar for a wave without devices', () => {
    expect(shown(rollout({ waves: [wave(0, 0, { state: 'completed', percent: 100 })] }))[2]).toContain('░░░░░░░░░░░░');
  });
});
