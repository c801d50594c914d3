import type { Query, Rows } from '@edgeflow/fold';
import type { RolloutRow } from '@edgeflow/rollout-rows';

/**
 * Later rollouts that come before a rollout on each device that both want: of the same or a higher priority, with another version, and
 * started. `aborted`: those of them that were stopped; what failed in them is not theirs any more. `lower`: those of a lower priority, which
 * have a device before it only once they have brought it to their version, which they could while it told nobody.
 */
export interface Claimers {
  all: readonly string[];
  aborted: readonly string[];
  lower: readonly string[];
}

/** How a statement names its parameters that hold them. */
type Named = Record<keyof Claimers, string>;

/** True where another rollout may have a device before. */
export function isClaimed({ all, lower }: Claimers): boolean {
  return all.length > 0 || lower.length > 0;
}

/** What a rollout is compared by. */
type Compared = Pick<RolloutRow, 'org' | 'first_position' | 'priority' | 'version'>;

/** A later rollout; `lower`: of a lower priority. */
interface Later extends Pick<RolloutRow, 'rollout_id' | 'status'> {
  lower: boolean;
}

/** The later rollouts that claim devices for another version. Model: memory/claims.model.ts. */
export const LATER_CLAIMERS: Query<Compared, Later> = {
  name: 'later-claimers',
  sql: `
    SELECT rollout_id, status, priority < $3 AS lower FROM rollout
      WHERE org = $1 AND first_position > $2 AND claims AND version IS DISTINCT FROM $4
      ORDER BY first_position`,
  bind: ({ org, first_position, priority, version }) => [org, first_position, priority, version],
};

/** @returns the claimers of what a rollout wants, as of the tables' moment */
export async function claimersOf(
  tables: Rows,
  { org, first_position, priority, version }: RolloutRow,
): Promise<Claimers> {
  const later = await tables.select(LATER_CLAIMERS, { org, first_position, priority, version });
  const [lower, all] = [true, false].map((is) => later.filter((one) => one.lower === is)) as [Later[], Later[]];
  return {
    all: idsOf(all),
    aborted: idsOf(all.filter(({ status }) => status === 'aborted')),
    lower: idsOf(lower),
  };
}

function idsOf(rollouts: readonly { rollout_id: string }[]): string[] {
  return rollouts.map(({ rollout_id }) => rollout_id);
}

/**
 * The rollout that has a device before another one: it waits there, is told, or has ended on that version, also where it
 * ran that when the other was planned and was left out. Whichever had its id before is another device. Of several the first by its id. A scalar subquery, which is worked
 * out for the few devices that are read. Model: `claimerIn` of memory/claims.model.ts.
 * @param device the row of the device, which has `org`, `device_id` and `born_after`
 */
export function claimerOf(device: string, { all, aborted, lower }: Named): string {
  return `(
    SELECT c.rollout_id FROM rollout_member c
    WHERE c.org = ${device}.org AND c.rollout_id = ANY(${all} || ${lower}) AND c.stage = 'forward' AND c.device_id = ${device}.device_id
      AND (${device}.born_after IS NULL OR c.planned_position > ${device}.born_after)
      AND (c.status = 'succeeded'
           OR (NOT c.rollout_id = ANY(${lower})
               AND (c.status IN ('waiting', 'in_flight')
                    OR (c.status = 'failed' AND NOT c.rollout_id = ANY(${aborted}))
                    OR (c.status = 'skipped' AND c.code = 'already-on-target'))))
    UNION ALL
    SELECT x.rollout_id FROM rollout_exclusion x
    WHERE x.org = ${device}.org AND x.rollout_id = ANY(${all}) AND x.stage = 'forward' AND x.device_id = ${device}.device_id
      AND (${device}.born_after IS NULL OR x.planned_position > ${device}.born_after)
      AND x.reason = 'already-on-target' ORDER BY rollout_id LIMIT 1)`;
}
