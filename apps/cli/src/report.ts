import colors from 'picocolors';
import type { GateDecision } from '@edgeflow/contracts';
import type { Run, RunWave, WhatIf } from '@edgeflow/what-if';

/** So many waves are shown; a rolling rollout may have a thousand. */
const WAVES_SHOWN = 20;
const NAME_WIDTH = 22;
/** Between two columns. */
const GAP = '   ';

/** A result for people. */
export function reportOf(result: WhatIf): string {
  const { rollout_id, version, devices, assumptions } = result;
  const runs = runsOf(result);
  const lines = [
    '',
    colors.bold(`${rollout_id}: version ${version}, ${devices} devices`),
    '',
    ...levers(result),
    '',
    ...runs.map(([name, run]) => `${name.padEnd(NAME_WIDTH)} ${ending(run)}`),
    '',
    ...withTitle(numbers(runs)),
    '',
    ...withTitle(waves(result)),
    '',
    colors.bold('assumptions'),
    ...assumptions.map(({ text }) => `- ${text}`),
    '',
  ];
  return `${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`;
}

function withTitle([title = '', ...rest]: string[]): string[] {
  return [colors.bold(title), ...rest];
}

/** The strategy, and what else was set or changed. */
function levers({ recorded_with, simulated_with }: WhatIf): string[] {
  const names = ['strategy', 'failure', 'limits', 'retry'] as const;
  return names.flatMap((name) => {
    const [before, after] = [inWords(recorded_with[name]), inWords(simulated_with[name])];
    const same = `${name.padEnd(NAME_WIDTH)} ${before}`;
    if (before === after) return name === 'strategy' || recorded_with[name] !== null ? [same] : [];
    return [same, `${'  simulated with'.padEnd(NAME_WIDTH)} ${after}`];
  });
}

function inWords(lever: object | null): string {
  return lever === null ? 'none' : JSON.stringify(lever);
}

/** A rollout that a gate has stopped is compared up to there; what became of it later stands beside it. */
function runsOf({ recorded, recorded_in_the_end, simulated }: WhatIf): [string, Run][] {
  const past: [string, Run][] = recorded.stop
    ? [
        ['recorded, to the gate', recorded],
        ['recorded, in the end', recorded_in_the_end],
      ]
    : [['recorded', recorded]];
  return [...past, ['simulated', simulated]];
}

function ending({ state, after_s, stop }: Run): string {
  return stop
    ? `${state} after ${after_s} s in wave ${stop.wave}: ${gateInWords(stop.gate)}`
    : `${state} after ${after_s} s`;
}

function gateInWords({
  gate,
  finished,
  of = finished,
  succeeded,
  failed,
  percent,
  code,
  ...threshold
}: GateDecision): string {
  if (code === 'no-evidence') return `${gate} gate, none of ${threshold.eligible ?? 0} has finished`;
  const { threshold_percent = 0, threshold_count } = threshold;
  const limit = threshold_count === undefined ? `${threshold_percent} %` : String(threshold_count);
  const count = gate === 'failure' ? `${failed} of ${of} failed` : `${succeeded} of ${of} succeeded`;
  return `${gate} gate, ${count} (${percent} %, threshold ${limit})`;
}

function numbers(runs: readonly [string, Run][]): string[] {
  const row = (name: string, number: (run: Run) => number) => [name, ...runs.map(([, run]) => String(number(run)))];
  return textTable([
    ['devices', ...runs.map(([name]) => name)],
    row('told (hit)', ({ told }) => told),
    row('succeeded', ({ succeeded }) => succeeded),
    row('failed', ({ failed }) => failed),
    row('under way', ({ in_flight }) => in_flight),
    row('waiting', ({ waiting }) => waiting),
    row('cancelled', ({ cancelled }) => cancelled),
    row('skipped', ({ skipped }) => skipped),
  ]);
}

/** The waves that came to run, recorded beside simulated. */
function waves({ recorded_in_the_end: recorded, simulated }: WhatIf): string[] {
  const columns = ['eligible', 'told', 'succeeded', 'failed', 'ended after'];
  const all = Math.max(recorded.waves.length, simulated.waves.length);
  const ran = Math.max(...[recorded, simulated].map((run) => run.waves.findLastIndex(hasRun) + 1));
  const shown = Math.min(ran, WAVES_SHOWN);
  const rows = Array.from({ length: shown }, (_, n) => [
    String(n),
    ...cellsOf(recorded.waves[n]),
    '|',
    ...cellsOf(simulated.waves[n]),
  ]);
  const table = textTable([['wave', ...columns, '|', ...columns], ...rows]);
  return ['waves: recorded | simulated', ...table, ...notShown(all, ran, shown)];
}

function notShown(all: number, ran: number, shown: number): string[] {
  if (ran > shown) return [`${ran - shown} more ran: --json has them all`];
  return all > ran ? [`the other ${all - ran} did not come to run`] : [];
}

function hasRun({ told, completed_after_s }: RunWave): boolean {
  return told > 0 || completed_after_s !== null;
}

function cellsOf(wave: RunWave | undefined): string[] {
  if (!wave) return ['', '', '', '', ''];
  const { eligible, told, succeeded, failed, completed_after_s } = wave;
  const after = completed_after_s === null ? '-' : `${completed_after_s} s`;
  return [...[eligible, told, succeeded, failed].map(String), after];
}

/** Rows as lines: each column as wide as its widest cell. The first column stands left, the others right. */
function textTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)));
    return cells.join(GAP).trimEnd();
  });
}
