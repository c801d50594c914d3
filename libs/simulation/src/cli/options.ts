import { parseArgs } from 'node:util';
import type { Settings } from '../scenario.js';

/** The command line is wrong, or names what is not there: said to whoever typed it. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';

  /** What somebody else found wrong with it. */
  static of(error: unknown): CommandLineError {
    return new CommandLineError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** What is to be simulated. */
export type Which =
  | { which: 'seeds'; from: number; to: number }
  | { which: 'minutes'; minutes: number; from: number | undefined }
  | { which: 'seed'; seed: number }
  | { which: 'scenario'; file: string }
  | { which: 'kept' };

export interface Options {
  what: Which;
  /** Settings in place of those that a seed draws. */
  settings: Settings;
  /** Prints the trace of one history. */
  trace: boolean;
  /** Where its timeline is written. */
  html: string | undefined;
  /** Runs each history twice, and compares. */
  check: boolean;
  cores: number;
  /** At most so many runs to shrink one failure; 0: not at all. */
  shrink: number;
  failures: number;
  /** What the first shrunk failure is kept as. */
  keep: string | undefined;
  /** Which of how many processes this one is. */
  part: { index: number; of: number } | undefined;
}

const usage = `
  --seeds 1..5000       the histories of these seeds
  --minutes 10          those of new seeds, for so long (--from N: from this seed on)
  --seed N              one history; with --trace [--html FILE] what happens in it
  --scenario FILE       one that was kept, or shrunk
  --kept                all that are kept
  --check               each history twice: says where two runs of it differ
  --set name=value      a setting in place of what the seed draws
  --cores N             in so many processes (default 1)
  --shrink N            at most so many runs to shrink a failure (default 300; 0: none)
  --failures N          no more after so many (default 10)
  --keep NAME           keeps the first shrunk failure as a file
`;

const MANY = ['seeds', 'minutes'] as const;
const ONE = ['seed', 'scenario'] as const;
/** What is of no use with everything. */
const GOES_WITH: Readonly<Partial<Record<string, readonly Which['which'][]>>> = {
  from: ['minutes'],
  ...{ trace: ONE, html: ONE, cores: MANY, part: MANY, failures: MANY },
  ...{ check: [...MANY, ...ONE], shrink: [...MANY, ...ONE], keep: [...MANY, ...ONE] },
  set: [...MANY, 'seed'],
};

/** @throws CommandLineError that says what is wrong with it */
export function optionsOf(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const values = parsed(() =>
    parseArgs({
      args: [...args],
      options: {
        ...{ seeds: text, minutes: text, from: text, seed: text, scenario: text, kept: flag, trace: flag, html: text },
        ...{ check: flag, cores: text, shrink: text, failures: text, keep: text, part: text },
        set: { type: 'string', multiple: true, default: [] },
      },
    }),
  ).values;
  const what = whichOf(values);
  for (const [name, value] of Object.entries(values)) {
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    const goes_with = GOES_WITH[name];
    if (isGiven && goes_with && !goes_with.includes(what.which))
      throw new CommandLineError(`--${name} goes with ${goes_with.map((one) => `--${one}`).join(' or ')}`);
  }
  if (values.keep !== undefined && values.cores !== undefined)
    throw new CommandLineError('--keep is for one process: without --cores');
  return {
    what,
    settings: Object.fromEntries(values.set.map(settingOf)),
    ...{ trace: values.trace, html: values.html, check: values.check, keep: values.keep },
    cores: integer('cores', values.cores ?? '1', 1),
    shrink: integer('shrink', values.shrink ?? '300', 0),
    failures: integer('failures', values.failures ?? '10', 1),
    part: values.part === undefined ? undefined : partOf(values.part),
  };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw CommandLineError.of(error);
  }
}

interface Given {
  seeds?: string | undefined;
  minutes?: string | undefined;
  from?: string | undefined;
  seed?: string | undefined;
  scenario?: string | undefined;
  kept?: boolean;
}

function whichOf({ seeds, minutes, from, seed, scenario, kept }: Given): Which {
  const given = [seeds, minutes, seed, scenario, kept || undefined].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new CommandLineError(`one of --seeds, --minutes, --seed, --scenario and --kept:${usage}`);
  if (seeds !== undefined) return { which: 'seeds', ...rangeOf(seeds) };
  if (seed !== undefined) return { which: 'seed', seed: integer('seed', seed, 0) };
  if (scenario !== undefined) return { which: 'scenario', file: scenario };
  if (minutes === undefined) return { which: 'kept' };
  if (!(Number(minutes) > 0)) throw new CommandLineError(`--minutes ${minutes}: more than 0`);
  return { which: 'minutes', minutes: Number(minutes), from: from === undefined ? from : integer('from', from, 0) };
}

function rangeOf(text: string): { from: number; to: number } {
  const [from = NaN, to = NaN] = text.split('..').map((part) => (part === '' ? NaN : Number(part)));
  if (!Number.isInteger(from) || !Number.isInteger(to) || from > to)
    throw new CommandLineError(`--seeds ${text}: as in 1..5000`);
  return { from, to };
}

function settingOf(text: string): [string, number | string | boolean] {
  const [name = '', value] = text.split(/=(.*)/s);
  if (name === '' || value === undefined) throw new CommandLineError(`--set ${text}: as in devices=5`);
  if (value === 'true' || value === 'false') return [name, value === 'true'];
  return [name, value !== '' && Number.isFinite(Number(value)) ? Number(value) : value];
}

function partOf(text: string): { index: number; of: number } {
  const [index, of] = text.split('/');
  const part = { index: integer('part', index ?? '', 0), of: integer('part', of ?? '', 1) };
  if (part.index >= part.of) throw new CommandLineError(`--part ${text}: one of them, as in 0/2`);
  return part;
}

function integer(name: string, text: string, least: number): number {
  const value = text === '' ? NaN : Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new CommandLineError(`--${name} ${text}: an integer from ${least} on`);
  return value;
}
