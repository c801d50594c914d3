import { describe, expect, it } from 'vitest';
import { GOALS, goalsOf } from './goals.mjs';

const costs = { cpu_ms: { all: 6 }, events: 5.1, nats_in: 18, wal_bytes: 12_000 };
const update = { bench: 'whole-update', what: 'updates', size: 2_000, ours: 169, costs };
const of = (rows, goal) => goalsOf(rows).find((one) => one.goal.startsWith(goal));

describe('the goals of a run', () => {
  it('are met up to what is wanted', () => {
    expect(of([update], 'CPU of a whole update')).toMatchObject({ value: 6, met: true });
    expect(of([update], 'messages into NATS')).toMatchObject({ value: 18, met: true });
  });

  it('are missed beyond it, on either side', () => {
    expect(of([update], 'lasting events')).toMatchObject({ value: 5.1, met: false });
    expect(of([update], '2,000 devices')).toMatchObject({ value: 169, met: false });
    expect(of([update], 'WAL of an update')).toMatchObject({ value: 12, met: false });
  });

  it('are not met by what was not measured, or at another size', () => {
    expect(goalsOf([]).every(({ met, value }) => !met && value === undefined)).toBe(true);
    expect(of([{ ...update, size: 100 }], 'CPU of a whole update').value).toBeUndefined();
  });

  it('are not met at a rate that was not reached', () => {
    const row = { bench: 'freshness', what: 'row', size: 2_000, p50: 5, p99: 20 };
    expect(of([{ ...row, reached: 1_990 }], 'append → visible row, p99, 2,000')).toMatchObject({
      value: 20,
      met: true,
    });
    expect(of([{ ...row, reached: 680 }], 'append → visible row, p99, 2,000')).toMatchObject({ met: false });
  });

  it('count a ratio to the ceiling', () => {
    const row = { bench: 'dispatch', what: 'rollout', size: 10_000, ours: 600, ceiling: 1_000 };
    expect(of([row], 'dispatch over its ceiling')).toMatchObject({ value: 0.6, met: true });
  });
});

it('has a goal for each line', () => expect(new Set(GOALS.map(({ goal }) => goal)).size).toBe(GOALS.length));
