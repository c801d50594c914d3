import { Refused, type DataOf, type RolloutOverlap, given } from '@edgeflow/contracts';
import { parseSpec } from './check-spec.js';
import type { RequestedRollout } from './rollout.state.js';
import { MAX_WAVES, wavesOf } from './strategy.js';

/** How many devices a plan found. */
export interface Found {
  eligible: number;
  excluded: Readonly<Record<string, number>>;
  /** Eligible devices that a rollback could not bring back, by error code; where failures roll back. */
  no_way_back?: Readonly<Record<string, number>>;
  /** Eligible devices that there is reason to doubt of, by error code. */
  warnings?: Readonly<Record<string, number>>;
  /** Other rollouts that have some of them. */
  overlaps?: readonly RolloutOverlap[];
}

/**
 * The rollout that a request becomes with the devices that were found for it.
 * @throws Refused `invalid-request` as `parseSpec` does, `too-many-waves`
 */
export function planRollout(
  rollout_id: string,
  request: RequestedRollout,
  { eligible, excluded, warnings = {}, no_way_back, overlaps = [] }: Found,
): DataOf<'RolloutAccepted'> {
  const { request_id, reason, requested_by, source } = request;
  const spec = specOf(request);
  const waves = wavesOf(spec.strategy, eligible);
  if (waves.length > MAX_WAVES) {
    const detail = `The rollout would have ${waves.length} waves, and may have ${MAX_WAVES}: make its batches larger.`;
    throw new Refused('too-many-waves', detail, { waves: waves.length });
  }
  return {
    ...{ rollout_id, request_id, spec, waves, eligible },
    excluded: { ...excluded },
    ...(no_way_back && { no_way_back: { ...no_way_back } }),
    ...(Object.keys(warnings).length > 0 && { warnings: { ...warnings } }),
    ...(overlaps.length > 0 && { overlaps: [...overlaps] }),
    ...given({ reason, requested_by, source }),
  };
}

/** The spec of a request. @throws Refused `invalid-request` */
export function specOf({ spec, violation }: RequestedRollout): ReturnType<typeof parseSpec> {
  if (violation !== undefined) throw new Refused('invalid-request', violation);
  return parseSpec(spec);
}
