/**
 * `npm run bench -- [names] [--size <n> …] [--short] [--compare <json>] [--baseline]`: runs all benches of this folder, or those named, at all of
 * their sizes, or those given. Each asserts the effect that it claims, and measures beside us a bare ceiling that does the same work in the same run: the ratio is
 * the figure to quote, absolute ones are the machine's. `--short`: the smallest size of each, on one installation, for the assertions alone.
 * Writes bench/results/<time>.json, with `--baseline` bench/baseline.json as well. Ends with 1 when a bench fails.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareLines, goalLines, headOf, rowLines } from './report/lines.mjs';
import { machine } from './report/machine.mjs';
import { Interrupted, onInstallation } from './rig/installation.mjs';
import { Untrue, now } from './rig/measure.mjs';

/** How long one installation may be measured. */
const LIMIT_MS = 900_000;
/** The exit code of what Ctrl-C has ended. */
const INTERRUPTED = 130;
const HERE = import.meta.dirname;
const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    size: { type: 'string', multiple: true },
    compare: { type: 'string' },
    baseline: { type: 'boolean', default: false },
  },
});

async function wantedBenches() {
  const all = readdirSync(HERE).flatMap((file) =>
    file.endsWith('.bench.mjs') ? [file.replace('.bench.mjs', '')] : [],
  );
  const unknown = names.find((name) => !all.includes(name));
  if (unknown) throw new Error(`no bench is called ${unknown}: ${all.join(', ')}`);
  const load = async (name) => ({ name, ...(await import(join(HERE, `${name}.bench.mjs`))).default });
  const wanted = await Promise.all((names.length > 0 ? names : all).map(load));
  // What leaves its installation in another state than it found it in comes last.
  return wanted.sort((a, b) => Number(a.disturbs ?? false) - Number(b.disturbs ?? false));
}

/** The sizes of a bench that are wanted, from small to large. */
function sizesOf({ sizes, more_sizes = [] }) {
  if (options.short) return [sizes[0]];
  const all = [...sizes, ...more_sizes].sort((a, b) => a - b);
  return options.size === undefined ? all : all.filter((size) => options.size.includes(String(size)));
}

const rows = [];
const failures = [];
let passed = 0;

/** Measures one size; a bench that fails does not keep the others from running. */
async function run({ name, title, one, ours, ceiling, measure }, size, installation) {
  const begin = now();
  try {
    for (const figures of await measure(size, installation)) {
      rows.push({ bench: name, title, one, sides: { ours, ceiling }, size, ...figures });
      console.log(rowLines(rows.at(-1)));
    }
    passed += 1;
  } catch (error) {
    failures.push(`${name} ${size}`);
    console.log(`${headOf(name, size)}  FAILED: ${error instanceof Untrue ? error.message : error.stack}`);
  }
  console.error(`  ${name} ${size} took ${Math.round((now() - begin) / 1_000)} s`);
}

/** What could not even begin, or took too long, has failed. */
async function runOn(what, work) {
  try {
    await onInstallation(work, LIMIT_MS);
  } catch (error) {
    // It has cleaned up by now; whoever asked for the end wants no other bench.
    if (error instanceof Interrupted) process.exit(INTERRUPTED);
    if (!failures.includes(what)) failures.push(what);
    console.log(`${what}  FAILED: ${error.stack}`);
  }
}

async function runAll(benches) {
  const [alone, installed] = [benches.filter((bench) => bench.alone), benches.filter((bench) => !bench.alone)];
  const all = (some) => some.flatMap((bench) => sizesOf(bench).map((size) => [bench, size]));
  for (const [bench, size] of all(alone)) await run(bench, size);
  if (!options.short) {
    for (const [bench, size] of all(installed)) {
      await runOn(`${bench.name} ${size}`, (installation) => run(bench, size, installation));
    }
  } else if (installed.length > 0) {
    await runOn('the installation', async (installation) => {
      for (const [bench, size] of all(installed)) await run(bench, size, installation);
    });
  }
}

function write(result) {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  const folder = join(HERE, 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, text);
  if (options.baseline) writeFileSync(join(HERE, 'baseline.json'), text);
  console.log(`\nwritten to ${file}`);
}

const before = machine();
await runAll(await wantedBenches());
if (passed + failures.length === 0) throw new Error('no bench has this size');
if (!options.short) console.log(goalLines(rows));
if (options.compare) console.log(compareLines(rows, options.compare));
write({ at: new Date().toISOString(), machine: before, rows });
if (failures.length > 0) console.log(`failed: ${failures.join(', ')}`);
console.log(`${passed} passed, ${failures.length} failed, 0 skipped`);
process.exit(failures.length > 0 ? 1 : 0);
