import type { Query, Rows } from '@edgeflow/fold';
import type { Departure } from '@edgeflow/device-update';
import { lookedAt, type AcceptedRollout } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { membersWith, type Waiting } from './candidates.js';

/** A device that a rollout counts as a success. */
export interface Counted extends Waiting {
  update_id: string;
  /** It was taken out of service: whichever has its id now is another one. */
  removed: boolean;
}

/** The device `l` that is there is not the one that was planned. */
const REMOVED = `(l.born_after IS NOT NULL AND l.born_after > m.planned_position)`;

/** Of which waves they are. */
interface OfWaves extends Pick<RolloutRow, 'org' | 'rollout_id'> {
  waves: readonly number[];
  limit: number;
}

/** Model: memory/lost-successes.model.ts. */
export const LOST_SUCCESSES: Query<OfWaves, Counted> = {
  name: 'lost-successes',
  sql: `${membersWith(`, m.update_id, ${REMOVED} AS removed`)}
    WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = 'forward' AND m.status = 'succeeded' AND NOT m.reverted AND m.wave = ANY($3)
      AND (${REMOVED} OR l.registration = 'revoked'
           OR (l.version <> m.version AND l.registration = 'registered'
               AND (NOT l.busy OR (l.state #>> '{update,status}' = 'queued' AND l.state #> '{update,postponed}' IS NULL))
               AND l.state #> '{kept,lost}' IS NULL))
    ORDER BY m.wave, m.rank LIMIT $4`,
  bind: ({ org, rollout_id, waves, limit }) => [org, rollout_id, waves, limit],
};

/**
 * The devices that a rollout counts as successes in waves that it still looks at, and that run something else by now; but for those that are told something at the
 * moment, and those of which it is about to be written down that they did not keep what they had come to. Also those that were taken out of service: they prove nothing more.
 */
export async function lostSuccesses(
  tables: Rows,
  { org, rollout_id }: RolloutRow,
  state: AcceptedRollout,
  limit: number,
): Promise<Counted[]> {
  const waves = lookedAt(state).filter((index) => (state.waves[index]?.counts.succeeded ?? 0) > 0);
  if (waves.length === 0) return [];
  return tables.select(LOST_SUCCESSES, { org, rollout_id, waves, limit });
}

/** What the rollout counts, as the order that it came from. */
export function countedOf(
  { rollout_id, request_id, last }: AcceptedRollout,
  { update_id, version, wave, attempt }: Counted,
): Departure {
  return { update_id, request_id, version, of: { rollout_id, wave, attempt }, ref: last, key: update_id };
}
