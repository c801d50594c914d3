import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { violationOf, type Outcome, type Run, type Scenario } from './scenario.js';

/** A scenario that failed once. */
export interface Kept {
  scenario: Scenario;
  /** What it violated. */
  invariant: string;
  /** What goes wrong in it, in words. */
  story: string;
  /** What mended it: from then on it has to hold. */
  fixed_in?: string | undefined;
}

/** How a kept scenario stands: it holds; it is known to fail, and does; it fails again; or it fails no more, and nobody has said so. */
export type Standing = 'holds' | 'open' | 'came back' | 'gone';

export interface KeptRun {
  name: string;
  kept: Kept;
  outcome: Outcome;
  standing: Standing;
}

/** All files of a folder, by name; none when it is not there. @throws Error that names the file that is no scenario */
export async function loadKept(folder: string): Promise<{ name: string; kept: Kept }[]> {
  const files = existsSync(folder) ? await readdir(folder) : [];
  const names = files.filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(names.map(async (name) => ({ name, kept: await readKept(join(folder, name)) })));
}

/** Whether something that was read is a scenario. */
export function isScenario(read: Partial<Scenario> | undefined): read is Scenario {
  return typeof read?.seed === 'number' && Array.isArray(read.faults) && !!read.settings;
}

/** @throws Error when it is no kept scenario */
export async function readKept(file: string): Promise<Kept> {
  const kept = JSON.parse(await readFile(file, 'utf8')) as Partial<Kept> | null;
  const { scenario, invariant, story } = kept ?? {};
  if (!isScenario(scenario) || typeof invariant !== 'string' || typeof story !== 'string') {
    throw new Error(`${file} is no kept scenario: it needs scenario {seed, settings, faults}, invariant and story`);
  }
  return kept as Kept;
}

/** Writes one file more. @returns where */
export async function keep(folder: string, name: string, kept: Kept): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  await writeFile(file, `${JSON.stringify(kept, undefined, 2)}\n`);
  return file;
}

/** Runs all of a folder, one after the other. */
export async function runKept(folder: string, run: Run): Promise<KeptRun[]> {
  const done: KeptRun[] = [];
  for (const { name, kept } of await loadKept(folder)) {
    const outcome = await run(kept.scenario);
    done.push({ name, kept, outcome, standing: standingOf(kept, outcome) });
  }
  return done;
}

/** Whether nothing has to be done about it. */
export function isAsKept({ standing }: KeptRun): boolean {
  return standing === 'holds' || standing === 'open';
}

function standingOf(kept: Kept, outcome: Outcome): Standing {
  if (kept.fixed_in !== undefined) return outcome.violations.length === 0 ? 'holds' : 'came back';
  return violationOf(outcome, kept.invariant) ? 'open' : 'gone';
}
