import {
  Refused,
  given,
  isJsonObject,
  type AmendableSpec,
  type DataOf,
  type RolloutSpec,
  type RolloutStrategy,
} from '@edgeflow/contracts';
import { AMENDABLE, MEMBERS, PACE, checkEffect } from './amendable.js';
import { readSpec } from './check-spec.js';
import { rollsBack } from './gate.js';
import type { AcceptedRollout, PendingAction } from './rollout.state.js';
import { replanned, soaksAnew } from './replan.js';

const MEMBER_NAMES = Object.keys(MEMBERS) as (keyof typeof MEMBERS)[];
/** What a rollout was accepted with and keeps. Whoever wants another one wants another rollout. */
const FIXED = [
  ...['version', 'target', 'strategy', 'type', 'membership', 'approval', 'start_at', 'retry', 'force', 'priority'],
  ...['percent', 'count', 'success_percent', 'then', 'waves'],
];
/** Of these one takes the place of the other. */
const INSTEAD: Readonly<Record<string, string>> = {
  ...{ percent: 'count', count: 'percent', batch_size: 'batch_percent', batch_percent: 'batch_size' },
};

type Members = Readonly<Record<string, unknown>>;

/**
 * Looks only at the names: what the values are worth is seen when they are put into the rollout's request.
 * @throws Refused `not-amendable` for what stays as it was accepted, `invalid-request` for what is no member, and for nothing at all
 */
export function checkAmendment(amend: unknown): asserts amend is Members {
  if (!isJsonObject(amend)) throw new Refused('invalid-request', 'amend must be an object');
  const names = Object.keys(amend);
  const allowed = Object.keys(AMENDABLE);
  if (names.length === 0) throw new Refused('invalid-request', `name at least one of ${allowed.join(', ')}`);
  for (const name of names) {
    if (allowed.includes(name)) continue;
    if (!FIXED.includes(name))
      throw new Refused('invalid-request', `there is no member ${name}: give ${allowed.join(', ')}`);
    throw new Refused('not-amendable', `${name} stays as it was accepted: only ${allowed.join(', ')} may change.`);
  }
}

/** What an amendment makes of a rollout: what changes, its waves where the pace changes them, and who has no way back where failures roll back now. */
export type Amendment = Pick<DataOf<'RolloutAmended'>, 'was' | 'now' | 'waves' | 'from' | 'no_way_back'>;

/**
 * A rollout's request after an amendment: a JSON merge patch (RFC 7396), in which a percentage takes the place of a number and the other way round.
 * @param no_way_back devices that a rollback could not bring back, by error code, where somebody has looked
 * @throws Refused as `checkAmendment`, `not-amendable` for what has no effect in the rollout's state, and `invalid-request` as for a new rollout; `too-many-waves`
 */
export function amendmentOf(
  rollout: AcceptedRollout,
  amend: unknown,
  no_way_back?: Readonly<Record<string, number>>,
): Amendment {
  checkAmendment(amend);
  checkEffect(rollout, Object.keys(amend));
  const { spec } = rollout;
  const next = readSpec(amendedSpec(spec, amend));
  const changed = [...MEMBER_NAMES, 'strategy' as const].filter((name) => differ(spec[name], next[name]));
  const partOf = (of: RolloutSpec): AmendableSpec =>
    Object.fromEntries(changed.flatMap((name) => (of[name] === undefined ? [] : [[name, of[name]]])));
  if (changed.length === 0)
    throw new Refused('not-amendable', `All that is named is so already: ${Object.keys(amend).join(', ')}.`);
  const plan = changed.includes('strategy') ? replanned(rollout.waves, spec.strategy, next.strategy) : undefined;
  const pauses = ['soak_s', 'pause_between_s'].filter((name) => name in amend);
  if (pauses.length > 0 && changed.includes('strategy') && !soaksAnew(rollout.waves, plan?.waves))
    throw new Refused('not-amendable', `No wave is left for which ${pauses.join(', ')} would have an effect.`);
  const behind = !rollsBack(spec) && rollsBack(next) ? no_way_back : undefined;
  return {
    ...{ was: partOf(spec), now: partOf(next) },
    ...given({ waves: plan?.waves, from: plan?.from }),
    ...(behind && { no_way_back: { ...behind } }),
  };
}

/** True for an action by which failures may roll the rollout back from then on: who decides on it has to look for the devices that have no way back. */
export function asksForRollback({ action, amend }: Pick<PendingAction, 'action' | 'amend'>): boolean {
  if (action !== 'amend' || !isJsonObject(amend)) return false;
  const { failure } = amend;
  return isJsonObject(failure) && failure['action'] === 'rollback';
}

function amendedSpec(spec: RolloutSpec, amend: Members): object {
  const patch = Object.fromEntries(MEMBER_NAMES.flatMap((name) => (name in amend ? [[name, amend[name]]] : [])));
  return patched({ ...spec, strategy: paced(spec.strategy, amend) } as unknown as Members, patch) as object;
}

/** The strategy at another pace. @throws Refused `invalid-request` where it has none of that kind */
function paced(strategy: RolloutStrategy, amend: Members): RolloutStrategy {
  const { soak_s, ...batches } = Object.fromEntries(
    Object.keys(PACE).flatMap((name) => (name in amend ? [[name, amend[name]]] : [])),
  );
  const soaked = soak_s === undefined ? strategy : soaking(strategy, soak_s);
  return Object.keys(batches).length === 0 ? soaked : batching(soaked, batches);
}

function soaking(strategy: RolloutStrategy, soak_s: unknown): RolloutStrategy {
  if (strategy.type === 'canary')
    return patched(strategy as unknown as Members, { soak_s }) as unknown as RolloutStrategy;
  if (strategy.type !== 'staged') throw noPace(strategy, 'soak_s');
  const waves = (strategy.waves ?? []).map((wave) => patched(wave as unknown as Members, { soak_s }));
  return { ...strategy, waves: waves as unknown as NonNullable<RolloutStrategy['waves']> };
}

function batching(strategy: RolloutStrategy, batches: Members): RolloutStrategy {
  const { type, then } = strategy;
  if (type === 'rolling') return patched(strategy as unknown as Members, batches) as unknown as RolloutStrategy;
  if (type !== 'canary' || then?.type !== 'rolling') throw noPace(strategy, Object.keys(batches).join(', '));
  return { ...strategy, then: batching(then, batches) };
}

function noPace({ type }: RolloutStrategy, names: string): Refused {
  return new Refused('invalid-request', `a rollout that is ${type.replaceAll('_', ' ')} has no ${names}`);
}

/** RFC 7396, and of two members of which there may be one, the one that is given. An object of which nothing is left is taken away. */
function patched(target: Members, patch: Members): Members {
  const next = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const instead = INSTEAD[name];
    // Who gives both is told that there may be one.
    if (instead !== undefined && value !== null && (patch[instead] ?? null) === null) next.delete(instead);
    const before = next.get(name);
    const merged =
      isJsonObject(value) && name !== 'window' ? patched(isJsonObject(before) ? before : {}, value) : value;
    if (merged === null || (isJsonObject(merged) && Object.keys(merged).length === 0)) next.delete(name);
    else next.set(name, merged);
  }
  return Object.fromEntries(next);
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** The rollout's request as an amendment has left it. */
export function withAmendment(spec: RolloutSpec, { was, now }: Pick<Amendment, 'was' | 'now'>): RolloutSpec {
  const left = Object.fromEntries(Object.entries(spec).filter(([name]) => !(name in was)));
  return { ...left, ...now } as RolloutSpec;
}
