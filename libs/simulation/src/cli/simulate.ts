import type { Clock } from '@edgeflow/runtime';
import { runTwice } from '../divergence.js';
import { isAsKept, runKept } from '../kept.js';
import { runSeeds, type Tally } from '../run-seeds.js';
import type { Outcome, Run } from '../scenario.js';
import { inParts } from './cores.js';
import { Failures } from './failures.js';
import { CommandLineError, optionsOf, type Options } from './options.js';
import { playOne } from './play-one.js';
import { settingsProblem, withSettings, type Program } from './program.js';
import { tallyWords, progressWords, violationWords } from './words.js';

/**
 * The command line of a simulation.
 * @returns the exit code: 0 when everything holds, 1 when something is violated or differs from itself, 2 when the command line is wrong
 */
export async function simulate(args: readonly string[], program: Program): Promise<number> {
  try {
    const options = optionsIn(args, program);
    return await simulated(args, options, program);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    program.print(error.message);
    return 2;
  }
}

/** @throws CommandLineError */
function optionsIn(args: readonly string[], { world }: Program): Options {
  const options = optionsOf(args);
  const problem = settingsProblem(world, options.settings);
  if (problem !== undefined) throw new CommandLineError(problem);
  return options;
}

async function simulated(args: readonly string[], options: Options, program: Program): Promise<number> {
  const { what, settings, cores, part } = options;
  const using = { ...program, world: withSettings(program.world, settings) };
  if (what.which === 'kept') return playKept(using);
  if (what.which === 'seed' || what.which === 'scenario') return playOne(what, options, using);
  const tally = cores > 1 && !part ? await inParts(args, cores, using) : await play(options, using);
  if (!part) for (const line of tallyWords(tally)) program.print(line);
  return tally.failed.length === 0 ? 0 : 1;
}

async function playKept({ kept, world, print }: Program): Promise<number> {
  const runs = await runKept(kept, world.run);
  for (const { name, standing, kept: scenario, outcome } of runs) {
    print(`${standing.padEnd(9)} ${name}  ${scenario.story}`);
    if (standing === 'came back') for (const violation of outcome.violations) print(`  ${violationWords(violation)}`);
    if (standing === 'gone') print(`  ${scenario.invariant} holds now: say in fixed_in since when`);
  }
  print(`${runs.length} kept, ${runs.filter((run) => !isAsKept(run)).length} otherwise than they should be`);
  return runs.every(isAsKept) ? 0 : 1;
}

async function play(options: Options, program: Program): Promise<Tally> {
  const { world, clock, print } = program;
  const failures = new Failures(options, program);
  const send = options.part ? (tally: Tally): void => void process.send?.(tally) : undefined;
  const tally = await runSeeds({
    ...{ clock, failures_max: options.failures, for_ms: msOf(options) },
    seeds: seedsOf(options, clock),
    world: options.check ? { ...world, run: twice(world.run) } : world,
    onFailure: (failure) => failures.tell(failure),
    onProgress: send ?? ((so_far) => print(progressWords(so_far))),
  });
  send?.(tally);
  return tally;
}

/** Where two runs differ is a violation of its own. */
function twice(run: Run): Run {
  return async (scenario) => {
    const { outcome, divergence: text } = await runTwice(run, scenario);
    const same: Outcome['violations'] = text === undefined ? [] : [{ invariant: 'same-again', text, at_ms: 0 }];
    return { ...outcome, violations: [...same, ...outcome.violations] };
  };
}

/** Of several processes each takes every so-manieth. */
function* seedsOf({ what, part = { index: 0, of: 1 } }: Options, clock: Clock): Generator<number> {
  const { from, to } = what.which === 'seeds' ? what : { from: firstOf(what, clock), to: Infinity };
  for (let seed = from + part.index; seed <= to; seed += part.of) yield seed;
}

/** New seeds each time: a hundred are left for each second, more than a core runs. */
function firstOf(what: Options['what'], clock: Clock): number {
  return (what.which === 'minutes' ? what.from : undefined) ?? Math.floor(clock.now().getTime() / 1_000) * 100;
}

function msOf({ what }: Options): number | undefined {
  return what.which === 'minutes' ? what.minutes * 60_000 : undefined;
}
