import semver from 'semver';
import {
  Refused,
  assertKnownMembers,
  assertShape,
  didYouMean,
  RolloutSpec,
  type RolloutStrategy,
} from '@edgeflow/contracts';
import { windowProblem } from './window.js';

const RANGE_WORDS = 'like >=1.0.0 <2.0.0';

type Member = keyof RolloutStrategy;

/** What each type of strategy takes: of each list in `one` exactly one, of `may` any. */
const MEMBERS: Record<RolloutStrategy['type'], { one: Member[][]; may: Member[] }> = {
  all_at_once: { one: [], may: [] },
  rolling: { one: [['batch_size', 'batch_percent']], may: ['pause_between_s'] },
  canary: { one: [['percent', 'count']], may: ['soak_s', 'success_percent', 'then'] },
  staged: { one: [['waves']], may: [] },
};

/**
 * The request as a spec, whoever sent it and however.
 * @param extra members of the message that are not the spec's
 * @throws Refused `invalid-request` with the first thing that is wrong, in words
 */
export function parseSpec(value: unknown, extra: readonly string[] = []): RolloutSpec {
  const spec = readSpec(without(value, extra));
  const problem = rangeProblem(spec) ?? stagesProblem(spec.strategy);
  if (problem) throw new Refused('invalid-request', problem);
  return spec;
}

/**
 * The same of a rollout that was accepted: what older releases took cannot be meant, and is in force all the same.
 * @throws Refused `invalid-request` with the first thing that is wrong, in words
 */
export function readSpec(body: unknown): RolloutSpec {
  assertShape(RolloutSpec, body, 'invalid-request');
  assertKnownMembers(RolloutSpec, body);
  const problem = problemOf(body);
  if (problem) throw new Refused('invalid-request', problem);
  return body;
}

/** What an empty text stands for is everything: a variable that was not set would be all devices. */
function rangeProblem({ target: { filter } }: RolloutSpec): string | undefined {
  const isBlank = filter?.version?.split('||').some((range) => range.trim() === '');
  return isBlank ? `target.filter.version must not be empty, ${RANGE_WORDS}` : undefined;
}

/** Slack for sums of decimals: 33.33, 33.33 and 33.34 are 100. */
const SLACK = 1e-6;

/** Each share is of all eligible devices, and none is in two waves: whoever counts upwards (1, 10, 100) means another thing. */
function stagesProblem({ waves = [] }: RolloutStrategy): string | undefined {
  let taken = 0;
  for (const [index, { percent = 0 }] of waves.entries()) {
    if (taken > 100 - SLACK)
      return `strategy.waves.${index} would have no devices: the waves before it have all of them`;
    taken += percent;
  }
  if (taken <= 100 + SLACK) return undefined;
  const sum = Number(taken.toFixed(2));
  return `strategy.waves must not have more than 100 percent in all, and has ${sum}: each percent is of all eligible devices`;
}

function without(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/** What no schema says: which members go together, and whether ranges, windows and times can be read. */
function problemOf(spec: RolloutSpec): string | undefined {
  return (
    exactlyOne('target', spec.target, ['fleet', 'devices', 'filter']) ??
    filterProblem(spec) ??
    strategyProblem('strategy', spec.strategy) ??
    (spec.failure && exactlyOne('failure', spec.failure, ['percent', 'count'])) ??
    windowProblem(spec.window)
  );
}

function exactlyOne(where: string, value: object, names: readonly string[]): string | undefined {
  const given = names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
  return given.length === 1 ? undefined : `${where} must have exactly one of ${names.join(', ')}`;
}

function filterProblem({ target: { filter } }: RolloutSpec): string | undefined {
  if (!filter) return undefined;
  if (Object.values(filter).every((value) => value === undefined)) return 'target.filter must name at least one member';
  if (filter.version === undefined || semver.validRange(filter.version) !== null) return undefined;
  return `target.filter.version must be a semver range, ${RANGE_WORDS}`;
}

function strategyProblem(where: string, strategy: RolloutStrategy): string | undefined {
  const { type, then, waves } = strategy;
  const { one, may } = MEMBERS[type];
  const taken = new Set<string>(['type', ...one.flat(), ...may]);
  const stray = Object.keys(strategy).find((name) => !taken.has(name));
  if (stray !== undefined) return `${where}.${stray} is no member of ${type}${didYouMean(stray, [...taken])}`;
  for (const names of one) {
    const problem = exactlyOne(where, strategy, names);
    if (problem) return problem;
  }
  if (then) return thenProblem(`${where}.then`, then);
  return firstOf(waves ?? [], (wave, index) => exactlyOne(`${where}.waves.${index}`, wave, ['percent', 'count']));
}

function thenProblem(where: string, then: RolloutStrategy): string | undefined {
  if (then.type !== 'all_at_once' && then.type !== 'rolling') return `${where}.type must be all_at_once or rolling`;
  return strategyProblem(where, then);
}

function firstOf<T>(items: readonly T[], problem: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = problem(item, index);
    if (found) return found;
  }
  return undefined;
}
