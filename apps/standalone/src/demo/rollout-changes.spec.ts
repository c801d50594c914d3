import { describe, expect, it } from 'vitest';
import { aspectsOf } from './rollout-changes.js';
import { rollingBack, rollout, wave } from './rollout.fixture.js';
import type { Rollout } from './rollout.js';

const linesOf = (now: Rollout): string[] => aspectsOf(now).map(({ line }) => line);
/** The lines of what is another than it was. */
const changes = (before: Rollout, now: Rollout): string[] => {
  const marks = new Map(aspectsOf(before).map(({ name, mark }) => [name, mark]));
  return aspectsOf(now).flatMap(({ name, mark, line }) => (marks.get(name) === mark ? [] : [line]));
};
const withCanary = (succeeded: number): Rollout => {
  const running = {
    state: 'running' as const,
    queued: 0,
    in_flight: 20 - succeeded,
    succeeded,
    percent: succeeded * 5,
  };
  return rollout({ waves: [wave(0, 20, running), wave(1, 80)] });
};

describe('the changes of a rollout', () => {
  it('are told of waves that have begun, and not of those that are to come', () => {
    expect(linesOf(withCanary(5))).toEqual([
      'canary, 1.1.0 to 100 devices: running',
      'wave 0: running, 25 %, 5 of 20 succeeded',
    ]);
  });

  it('are told at each quarter of a wave', () => {
    expect(changes(withCanary(5), withCanary(9))).toEqual([]);
    expect(changes(withCanary(5), withCanary(10))).toEqual(['wave 0: running, 50 %, 10 of 20 succeeded']);
  });

  it('are told once of a soak, not of each second', () => {
    const soaking = (remaining_s: number): Rollout =>
      rollout({ waiting_for: [{ reason: 'soak', wave: 0, until: '', remaining_s }] });
    expect(changes(rollout(), soaking(4))).toEqual(['waits for the soak of wave 0, 4 s left']);
    expect(changes(soaking(4), soaking(3))).toEqual([]);
  });

  it('name the gate that turned it round, and the waves of the way back', () => {
    expect(linesOf(rollingBack)).toEqual([
      'gate of wave 0 rolls back: 12 of 16 failed (75 %), threshold 20 %',
      'canary, 1.1.0 to 100 devices: rolling back',
      'wave 0: ended, 100 %, 4 of 20 succeeded, 16 failed',
      'wave 1: 80 devices cancelled',
      'back 0: running, 25 %, 1 of 4 succeeded',
    ]);
  });
});
