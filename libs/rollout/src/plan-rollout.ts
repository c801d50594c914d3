import { Refused, type DataOf } from '@edgeflow/contracts';
import { parseSpec } from './check-spec.js';
import type { Wish } from './rollout.state.js';
import { MAX_WAVES, wavesOf } from './strategy.js';

/** How many devices a plan found. */
export interface Found {
  eligible: number;
  excluded: Readonly<Record<string, number>>;
}

/**
 * The rollout that a wish becomes with the devices that were found for it.
 * @throws Refused `invalid-request` as `parseSpec` does, `too-many-waves`
 */
export function planRollout(rollout_id: string, wish: Wish, { eligible, excluded }: Found): DataOf<'RolloutAccepted'> {
  const { request_id, reason, requested_by } = wish;
  const spec = specOf(wish);
  const waves = wavesOf(spec.strategy, eligible);
  if (waves.length > MAX_WAVES) {
    const detail = `The rollout would have ${waves.length} waves, and may have ${MAX_WAVES}: make its batches larger.`;
    throw new Refused('too-many-waves', detail, { waves: waves.length });
  }
  return {
    ...{ rollout_id, request_id, spec, waves, eligible },
    excluded: { ...excluded },
    ...(reason !== undefined && { reason }),
    ...(requested_by !== undefined && { requested_by }),
  };
}

/** The spec of a wish. @throws Refused `invalid-request` */
export function specOf({ spec, violation }: Wish): ReturnType<typeof parseSpec> {
  if (violation !== undefined) throw new Refused('invalid-request', violation);
  return parseSpec(spec);
}
