/** From an append to the row that queries read, while devices report at a steady rate. */
import { bareFolder, writtenRows } from './fold.ceiling.mjs';
import { Watch } from './freshness.watch.mjs';
import { claim, perSecond, quantile, until } from './rig/measure.mjs';
import { assertFolded, knownDevices } from './rig/reports.mjs';

const SECONDS = 5;
const FOLDS = ['projection', 'rollout-orchestrator'];

/** One run of reports, until their rows are in a schema. @returns of each event the milliseconds, where they stand, and how many came a second */
async function reported({ database }, reporter, schema, rate) {
  const watch = new Watch(database, schema);
  try {
    const { events, ms } = await reporter.ask('report', { per_second: rate, seconds: SECONDS });
    const positions = events.map(({ position }) => position);
    const [first, last] = [Math.min(...positions), Math.max(...positions)];
    claim(new Set(positions).size === rate * SECONDS, `${positions.length} events were appended`);
    await until(
      () => watch.position >= last,
      () => `the rows of ${schema} are at ${watch.position} of ${last}`,
    );
    const waits = events.map(({ position, at }) => watch.seen(position) - at);
    return { waits, positions: { first, last }, per_second: perSecond(events.length, ms) };
  } finally {
    await watch.stop();
  }
}

async function measure(rate, installation) {
  const name = `freshness-${rate}`;
  const { folds, database, access, program } = installation;
  const reports = await knownDevices(installation, name, 4 * rate);
  const schema = await folds.schema('projection');
  const before = await writtenRows(database, schema);
  const reporter = await program('reporter.mjs');
  await reporter.ask('open', { access, devices: reports.devices });
  const meter = await installation.meter();
  const { waits, positions, per_second } = await reported(installation, reporter, schema, rate);
  await folds.untilAllFolded();
  const costs = await meter.per(rate * SECONDS);
  await assertFolded(installation, new Map(await reporter.ask('versions')), { ...positions, count: rate * SECONDS });
  const bare = await bareFolder(installation, { schema, before, name: `bare_freshness_${rate}` }, name);
  const ceiling = await installation.whileHeld(FOLDS, async () => {
    const folding = bare.folder.ask('fold', { first: positions.last + 1, count: rate * SECONDS, name });
    const [folded, run] = await Promise.all([folding, reported(installation, reporter, bare.name, rate)]);
    claim(folded === rate * SECONDS, 'the bare fold has not folded all');
    return run.waits;
  });
  await bare.stop();
  reporter.stop();
  return [
    {
      ...{ what: 'row', unit: 'ms', p50: quantile(waits, 0.5), p99: quantile(waits, 0.99), costs, reached: per_second },
      ceiling: { p50: quantile(ceiling, 0.5), p99: quantile(ceiling, 0.99) },
    },
    { what: 'appended, of what was wanted', unit: 'events/s', ours: per_second, ceiling: rate },
  ];
}

export default {
  title: 'freshness',
  one: 'event',
  ours: `single appends at a steady rate (the size) for ${SECONDS} s, each timed from its append's beginning to the projection's checkpoint, which is read all the time (its statements count for PostgreSQL); records and histories are compared with what was reported`,
  ceiling: 'the same at the same rate with both folds held, into tables of the same shape by one bare process',
  sizes: [500, 2_000, 6_000],
  measure,
};
