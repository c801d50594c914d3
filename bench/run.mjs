/**
 * `npm run bench [-- name]`: runs every *.bench.mjs in this folder, or one. Each measures our code against a bare ceiling in the same
 * run, on the same servers and data: the ratio is the figure to quote, absolute numbers are the machine's. A latency has no ceiling.
 * Writes bench/results/<time>.json and prints a table. Nothing is asserted.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** A rate beside its ceiling, or a latency, which has none. */
function figuresOf({ unit, ours, ceiling, p50, p99 }) {
  const whole = (value) => Math.round(value).toLocaleString('en');
  if (ceiling === undefined) return `p50 ${whole(p50)}, p99 ${whole(p99)} ${unit}`;
  return `${whole(ours)} of ${whole(ceiling)} ${unit}`;
}

const only = process.argv[2];
const files = readdirSync(import.meta.dirname).filter(
  (file) => file.endsWith('.bench.mjs') && (!only || file.startsWith(only)),
);
const rows = [];
for (const file of files) {
  const { default: bench } = await import(join(import.meta.dirname, file));
  for (const row of await bench()) {
    const bench = file.replace('.bench.mjs', '');
    const ratio = row.ceiling && row.ours / row.ceiling;
    rows.push({ bench, ...row, ...(ratio && { ratio }) });
    const percent = ratio ? `${(ratio * 100).toFixed(0)} %` : '';
    console.log(`${bench.padEnd(10)} ${row.what.padEnd(44)} ${figuresOf(row).padEnd(36)} ${percent}`);
  }
}
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, memory: totalmem(), node: process.version };
writeFileSync(file, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
console.log(`\nwritten to ${file}`);
process.exit(0);
