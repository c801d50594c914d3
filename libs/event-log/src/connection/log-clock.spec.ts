import { systemClock } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { LogClock, SKEW_MAX_S, type Moment } from './log-clock.js';

const NOON = Date.parse('2026-11-28T12:00:00.000Z');

/** A process that has run for so long, on a machine whose clock is wrong by so much; both in milliseconds. */
const moment = (steady: number, wrong = 0): Moment => ({ steady, wall: NOON + steady + wrong });
const said = (steady: number): string => new Date(NOON + steady).toISOString();

/** One that has asked once, with an answer that took 20 ms. */
function asked(wrong: number): LogClock {
  const clock = new LogClock(systemClock);
  clock.learn(said(1_010), moment(1_000, wrong), moment(1_020, wrong));
  return clock;
}

describe('the time of the log', () => {
  it("is the machine's as long as the log has not answered", () => {
    expect(new LogClock(systemClock).now(moment(5, 3_600_000))).toEqual(new Date(NOON + 5 + 3_600_000));
    expect(new LogClock(systemClock).reason(moment(5, 3_600_000))).toBeUndefined();
  });

  it.each([-3_600_000, -1_000, 0, 45_000, 315_360_000_000])('is right on a machine that is %d ms ahead', (wrong) => {
    expect(asked(wrong).now(moment(61_020, wrong))).toEqual(new Date(NOON + 61_020));
  });

  it('goes on by the clocks of the machine that it was given', () => {
    let steady = 1_020;
    const machine = { now: () => new Date(NOON + steady + 45_000), steady_ms: () => steady };
    const clock = new LogClock(machine);
    clock.learn(said(1_010), moment(1_000, 45_000), clock.moment());
    steady += 60_000;
    expect(clock.now()).toEqual(new Date(NOON + 61_020));
    expect([clock.skew_s(), clock.mayLead]).toEqual([44.99, false]);
  });

  it("does not jump with the machine's clock", () => {
    expect(asked(0).now(moment(2_000, 7_200_000))).toEqual(new Date(NOON + 2_000));
  });

  it('is not learnt from an answer that may be further from it than the one before', () => {
    const clock = asked(0);
    clock.learn(said(1_100), moment(1_100), moment(5_100));
    expect(clock.now(moment(6_000))).toEqual(new Date(NOON + 6_000));
  });

  it('is learnt from a poor answer too once the last good one is old', () => {
    const clock = asked(0);
    clock.learn(said(63_000), moment(60_000), moment(62_000));
    expect(clock.now(moment(62_000))).toEqual(new Date(NOON + 64_000));
  });

  it.each(['', 'noon', undefined, 17])('is not learnt from what is no time: %s', (nonsense) => {
    const clock = asked(0);
    clock.learn(nonsense, moment(2_000), moment(2_000));
    expect(clock.now(moment(3_000))).toEqual(new Date(NOON + 3_000));
  });
});

describe("the difference of a machine's clock", () => {
  it('is what is beyond the error of the measure', () => {
    expect(asked(5).skew_s(moment(2_000, 5))).toBe(0);
    expect(asked(-5_010).skew_s(moment(2_000, -5_010))).toBeCloseTo(-5, 6);
  });

  it('is named with its size and side from two seconds on', () => {
    expect(asked(1_900).reason(moment(2_000, 1_900))).toBeUndefined();
    expect(asked(2_510).reason(moment(2_000, 2_510))).toMatch(
      /^clock-skew: .* 2\.5 s ahead of the event log's; .*from 30 s on/,
    );
    expect(asked(-3_600_010).reason(moment(2_000, -3_600_010))).toMatch(/3600\.0 s behind .* does not lead$/);
  });

  it('is noticed when it comes while the process runs', () => {
    expect(asked(0).reason(moment(2_000, 10_000))).toContain('10.0 s ahead');
  });

  it('keeps a process from leading beyond half a minute', () => {
    const clock = new LogClock(systemClock);
    const real = { wall: Date.now(), steady: performance.now() };
    const server = (ahead_s: number): string => new Date(real.wall - ahead_s * 1000).toISOString();
    clock.learn(server(SKEW_MAX_S - 2), real, real);
    expect(clock.mayLead).toBe(true);
    clock.learn(server(SKEW_MAX_S + 2), real, real);
    expect(clock.mayLead).toBe(false);
  });
});
