/**
 * `npm run bench [-- name]`: runs every *.bench.mjs in this folder, or one. Each measures our code against a bare ceiling in the same
 * run, on the same servers and data: the ratio is the figure to quote, absolute numbers are the machine's. Writes
 * bench/results/<time>.json and prints a table. Nothing is asserted.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const only = process.argv[2];
const files = readdirSync(import.meta.dirname).filter(
  (file) => file.endsWith('.bench.mjs') && (!only || file.startsWith(only)),
);
const rows = [];
for (const file of files) {
  const { default: bench } = await import(join(import.meta.dirname, file));
  for (const row of await bench()) {
    const ratio = row.ours / row.ceiling;
    rows.push({ bench: file.replace('.bench.mjs', ''), ...row, ratio });
    const figures = `${Math.round(row.ours).toLocaleString('en')} of ${Math.round(row.ceiling).toLocaleString('en')} ${row.unit}`;
    console.log(
      `${file.replace('.bench.mjs', '').padEnd(10)} ${row.what.padEnd(44)} ${figures.padEnd(36)} ${(ratio * 100).toFixed(0)} %`,
    );
  }
}
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, memory: totalmem(), node: process.version };
writeFileSync(file, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
console.log(`\nwritten to ${file}`);
process.exit(0);
