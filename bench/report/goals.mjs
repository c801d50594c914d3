/** What is wanted of a machine of two cores, and whether a run has it. */
import { ratioOf } from './figures.mjs';

/** The share of a rate that counts as the rate. */
const REACHED = 0.95;

const cpu = ({ costs }) => costs?.cpu_ms.all;
const ours = (row) => row.ours;
/** Of a wait at a rate that was not reached it is not known how long it would have been. */
const p99 = ({ p99: ms, reached, size }) => (reached >= size * REACHED ? ms : Infinity);
const update = { bench: 'whole-update', what: 'updates' };
const dispatch = { bench: 'dispatch', what: 'rollout' };
const folds = { bench: 'fold', what: 'both folds' };

export const GOALS = [
  {
    goal: 'CPU of a whole update, 2,000 devices, all services',
    ...update,
    size: 2_000,
    of: cpu,
    at_most: 6,
    unit: 'ms',
  },
  { goal: 'CPU of a dispatch until folded', ...dispatch, size: 10_000, of: cpu, at_most: 0.6, unit: 'ms' },
  { goal: 'dispatch over its ceiling', ...dispatch, size: 10_000, of: ratioOf, at_least: 0.5 },
  { goal: 'lasting events of an update', ...update, size: 2_000, of: ({ costs }) => costs.events, at_most: 5 },
  { goal: 'messages into NATS of an update', ...update, size: 2_000, of: ({ costs }) => costs.nats_in, at_most: 18 },
  {
    goal: 'WAL of an update',
    ...update,
    size: 2_000,
    of: ({ costs }) => costs.wal_bytes / 1_000,
    at_most: 10,
    unit: 'kB',
  },
  { goal: '2,000 devices all at once', ...update, size: 2_000, of: ours, at_least: 170, unit: 'devices/s' },
  { goal: '10,000 devices all at once', ...update, size: 10_000, of: ours, at_least: 150, unit: 'devices/s' },
  { goal: 'folds catching up, both at once', ...folds, size: 100_000, of: ours, at_least: 15_000, unit: 'events/s' },
  { goal: 'folds over their ceiling', ...folds, size: 100_000, of: ratioOf, at_least: 0.6 },
  ...[
    [2_000, 50],
    [6_000, 150],
  ].map(([size, at_most]) => ({
    ...{ goal: `append → visible row, p99, ${size.toLocaleString('en')} events/s`, bench: 'freshness', what: 'row' },
    ...{ size, of: p99, at_most, unit: 'ms' },
  })),
];

/**
 * @param rows of a run
 * @returns for each goal its `value`, undefined where the run has not measured it, and whether it is `met`
 */
export function goalsOf(rows) {
  return GOALS.map(({ bench, what, size, of, ...goal }) => {
    const row = rows.find((one) => one.bench === bench && one.what === what && one.size === size);
    const value = row && of(row);
    const { at_most = Infinity, at_least = -Infinity } = goal;
    return { ...goal, value, met: value !== undefined && value <= at_most && value >= at_least };
  });
}
