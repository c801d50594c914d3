import semver from 'semver';
import { Refused, assertKnownMembers, assertShape, RolloutSpec, type RolloutStrategy } from '@edgeflow/contracts';
import { windowProblem } from './window.js';

type Member = keyof RolloutStrategy;

/** What each type of strategy takes: of each list in `one` exactly one, of `may` any. */
const MEMBERS: Record<RolloutStrategy['type'], { one: Member[][]; may: Member[] }> = {
  all_at_once: { one: [], may: [] },
  rolling: { one: [['batch_size', 'batch_percent']], may: ['pause_between_s'] },
  canary: { one: [['percent', 'count']], may: ['soak_s', 'success_percent', 'then'] },
  staged: { one: [['waves']], may: [] },
};

/**
 * The wish as a spec, whoever sent it and however.
 * @param extra members of the message that are not the spec's
 * @throws Refused `invalid-request` with the first thing that is wrong, in words
 */
export function parseSpec(value: unknown, extra: readonly string[] = []): RolloutSpec {
  const body = without(value, extra);
  assertShape(RolloutSpec, body, 'invalid-request');
  assertKnownMembers(RolloutSpec, body);
  const problem = problemOf(body);
  if (problem) throw new Refused('invalid-request', problem);
  return body;
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
  return 'target.filter.version must be a semver range, like >=1.0.0 <2.0.0';
}

function strategyProblem(where: string, strategy: RolloutStrategy): string | undefined {
  const { type, then, waves } = strategy;
  const { one, may } = MEMBERS[type];
  const taken = new Set<string>(['type', ...one.flat(), ...may]);
  const stray = Object.keys(strategy).find((name) => !taken.has(name));
  if (stray !== undefined) return `${where}.${stray} is no member of ${type}`;
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
