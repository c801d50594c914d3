import { readFile, writeFile } from 'node:fs/promises';
import { runTwice } from '../divergence.js';
import { isScenario, type Kept } from '../kept.js';
import { violationOf, type Outcome, type Scenario } from '../scenario.js';
import { timelineOf } from '../timeline/timeline.js';
import { Failures } from './failures.js';
import { CommandLineError, type Options, type Which } from './options.js';
import type { Program } from './program.js';
import { traceWords, violationWords } from './words.js';

type One = Extract<Which, { which: 'seed' | 'scenario' }>;

/** Plays one history, and shows what is wanted of it. @returns the exit code */
export async function playOne(what: One, options: Options, program: Program): Promise<number> {
  const { world, print } = program;
  const scenario = what.which === 'seed' ? world.draw(what.seed) : await scenarioIn(what.file);
  if (options.check) {
    const { divergence } = await runTwice(world.run, scenario);
    print(divergence === undefined ? 'two runs are the same' : `two runs are not the same: ${divergence}`);
    if (divergence !== undefined) return 1;
  }
  const keeps_trace = options.trace || options.html !== undefined;
  const outcome = await world.run(scenario, { keeps_trace });
  const trace = (outcome.trace ?? []).toSorted((one, other) => one.at_ms - other.at_ms);
  if (options.trace) for (const entry of trace) print(traceWords(entry));
  if (options.html !== undefined) await writeTimeline(options.html, scenario, { ...outcome, trace }, print);
  print(
    `${outcome.actions.length} actions, ${outcome.steps} steps, ${outcome.draws} draws, trace ${outcome.trace_hash}`,
  );
  for (const violation of outcome.violations) print(violationWords(violation));
  const violation = violationOf(outcome);
  if (!violation) return 0;
  // Whoever reads the trace has it shrunk already, or does not want that.
  if (!keeps_trace) await new Failures(options, program).tell({ scenario, outcome, violation });
  return 1;
}

/** Of a kept file, or as it was printed. @throws CommandLineError where there is none */
async function scenarioIn(file: string): Promise<Scenario> {
  const read = await ofCommandLine(readFile(file, 'utf8').then((text) => JSON.parse(text) as Kept | Scenario));
  const scenario = 'scenario' in read ? read.scenario : read;
  if (!isScenario(scenario)) throw new CommandLineError(`${file} is no scenario: it needs seed, settings and faults`);
  return scenario;
}

/** @throws CommandLineError in place of what a file of the command line came to */
async function ofCommandLine<T>(done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw CommandLineError.of(error);
  }
}

async function writeTimeline(
  file: string,
  scenario: Scenario,
  outcome: Outcome,
  print: Program['print'],
): Promise<void> {
  const { seed, settings, faults } = scenario;
  const violations = outcome.violations.map(violationWords).join('; ') || 'none';
  const about = { settings, faults: faults.join(', ') || 'none', violations, trace: outcome.trace_hash };
  await ofCommandLine(writeFile(file, timelineOf(outcome.trace ?? [], { title: `Seed ${seed}`, about })));
  print(`the timeline is in ${file}`);
}
