/** A run as text for a terminal. */
import { readFileSync } from 'node:fs';
import { ratios } from './compare.mjs';
import { costsOf, figure, lineOf } from './figures.mjs';
import { goalsOf } from './goals.mjs';

const [BENCH, SIZE, WHAT] = [13, 8, 34];

/** Of which bench and size a line is. */
export const headOf = (bench, size) => `${bench.padEnd(BENCH)} ${figure(size).padStart(SIZE)}`;

export function rowLines({ bench, size, one, ...row }) {
  const line = `${headOf(bench, size)}  ${row.what.padEnd(WHAT)} ${lineOf(row)}`;
  if (!row.costs) return line;
  return `${line}\n${' '.repeat(BENCH + SIZE + 3)}each ${one}: ${costsOf(row.costs)}`;
}

/** Each goal with what was measured, and whether it is met. */
export function goalLines(rows) {
  const lines = goalsOf(rows).map(({ goal, value, met, unit = '', at_most, at_least }) => {
    const wanted = at_most === undefined ? `at least ${figure(at_least)}` : `at most ${figure(at_most)}`;
    const said = value === undefined ? 'not measured' : `${figure(value)}, ${met ? 'met' : 'NOT met'}`;
    return `  ${goal}: ${said} (wanted: ${`${wanted} ${unit}`.trim()})`;
  });
  return ['\ngoals, on two cores that do nothing else:', ...lines].join('\n');
}

/** @param file the JSON of another run */
export function compareLines(rows, file) {
  const { rows: before } = JSON.parse(readFileSync(file, 'utf8'));
  const lines = ratios(rows, before).map(({ bench, size, what, ratios: by }) => {
    const said = Object.entries(by).map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`);
    return `  ${headOf(bench, size)}  ${what.padEnd(WHAT)} ${said.join(', ')}`;
  });
  return [`\nthis run divided by ${file}:`, ...lines].join('\n');
}
