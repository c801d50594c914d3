import { Refused, given, type PlannedWave, type RolloutStrategy } from '@edgeflow/contracts';
import { moved, noCounts, sumOf, total } from './counts.js';
import type { Member } from './member.js';
import { isSkipped, type Counts, type Wave } from './rollout.state.js';
import { MAX_WAVES, batchSize, soakOf } from './strategy.js';

/** The waves of a plan that has changed, and from which one on the devices are shared out anew. */
export interface Replan {
  waves: PlannedWave[];
  from?: number;
}

/**
 * The waves of a rollout at another pace. Who waits in waves that come after all that have begun goes into batches of the new size; whoever
 * ended there before its turn stays in the first of them.
 * @returns undefined when they stay as they are @throws Refused `too-many-waves`
 */
export function replanned(waves: readonly Wave[], before: RolloutStrategy, now: RolloutStrategy): Replan | undefined {
  const eligible = waves.reduce((sum, wave) => sum + wave.eligible, 0);
  const size = batchSizeOf(now, eligible);
  const from = size === undefined || size === batchSizeOf(before, eligible) ? undefined : firstUntouched(waves, now);
  const sizes = from === undefined ? undefined : sharedOut(waves.slice(from), size ?? Infinity);
  const kept: PlannedWave[] = waves.slice(0, sizes ? from : undefined).map(planOf);
  const all = [...kept, ...(sizes ?? []).map((devices): PlannedWave => ({ eligible: devices, soak_s: 0 }))];
  if (all.length > MAX_WAVES) {
    const detail = `The rollout would have ${all.length} waves, and may have ${MAX_WAVES}: make its batches larger.`;
    throw new Refused('too-many-waves', detail, { waves: all.length });
  }
  const next = all.map((wave, index) => ({ ...wave, soak_s: soakOf(now, index, all.length) }));
  if (JSON.stringify(next) === JSON.stringify(waves.map(planOf))) return undefined;
  return { waves: next, ...(sizes && given({ from })) };
}

/** True where waves are planned that soak otherwise, and whose soak is not over: that of the last one that has begun, and of all behind it. */
export function soaksAnew(waves: readonly Wave[], planned: readonly PlannedWave[] = waves): boolean {
  const begun = waves.findLastIndex((wave) => wave.status !== 'pending' && !isSkipped(wave));
  return begun < 0 || planned.some(({ soak_s }, index) => index >= begun && soak_s !== waves[index]?.soak_s);
}

/** The waves after the plan has changed, with their devices. @param from the first wave whose devices are shared out anew */
export function withReplan(waves: readonly Wave[], planned: readonly PlannedWave[], from = waves.length): Wave[] {
  const kept = waves
    .slice(0, from)
    .map((wave, index): Wave => ({ ...wave, soak_s: planned[index]?.soak_s ?? wave.soak_s }));
  const tail = waves.slice(from);
  const superseded = tail.reduce((sum, wave) => sum + (wave.superseded ?? 0), 0);
  const ended = { ...sumOf(tail), waiting: 0 };
  const shared = planned.slice(from).map((plan, index): Wave => {
    const first: Counts = index === 0 ? ended : noCounts;
    const counts = moved(first, undefined, 'waiting', plan.eligible - total(first));
    return { ...plan, counts, status: 'pending', ...(index === 0 && superseded > 0 && { superseded }) };
  });
  return [...kept, ...shared];
}

/**
 * Where the devices of the waves go that are shared out anew. `bounds`: how many of them are in each wave and those before it, but for the
 * last one; `ended`: how many come first, since they do not wait.
 */
export function sharesOf(
  waves: readonly Wave[],
  planned: readonly PlannedWave[],
  from: number,
): { ended: number; bounds: number[] } {
  const all = sumOf(waves.slice(from));
  let sum = 0;
  const bounds = planned.slice(from, -1).map(({ eligible }) => (sum += eligible));
  return { ended: total(all) - all.waiting, bounds };
}

/** Puts the members of waves that were planned anew into these; to be called for each of them once, in their order. */
export function wavesAnew(
  waves: readonly Wave[],
  planned: readonly PlannedWave[],
  from: number,
): (member: Member) => Member {
  const { ended, bounds } = sharesOf(waves, planned, from);
  let n = ended;
  return (member) => {
    if (member.status !== 'waiting') return { ...member, wave: from };
    const nth = n++;
    return { ...member, wave: from + bounds.filter((bound) => bound <= nth).length };
  };
}

function planOf({ eligible, soak_s, success_percent }: Wave): PlannedWave {
  return { eligible, soak_s, ...given({ success_percent }) };
}

function batchSizeOf({ type, then, ...strategy }: RolloutStrategy, eligible: number): number | undefined {
  if (type === 'rolling') return batchSize({ type, ...strategy }, eligible);
  return type === 'canary' && then?.type === 'rolling' ? batchSize(then, eligible) : undefined;
}

/** The first of the batches that come after whatever has begun, or was skipped; undefined when there is none. A canary is no batch. */
function firstUntouched(waves: readonly Wave[], { type }: RolloutStrategy): number | undefined {
  const begun = waves.findLastIndex(({ status }) => status !== 'pending');
  const from = Math.max(begun + 1, type === 'canary' ? 1 : 0);
  return from < waves.length ? from : undefined;
}

/** The sizes of the waves anew; undefined when nobody waits in them. */
function sharedOut(tail: readonly Wave[], size: number): number[] | undefined {
  const all = sumOf(tail);
  const { waiting } = all;
  if (waiting === 0) return undefined;
  const sizes = Array.from({ length: Math.ceil(waiting / size) }, (_, n) => Math.min(size, waiting - n * size));
  return sizes.map((devices, index) => (index === 0 ? devices + total(all) - waiting : devices));
}
