import type { Query, Rows } from '@edgeflow/fold';
import { RolloutRow } from '@edgeflow/rollout-rows';

/** How many of them are named. */
export const NAMED_MAX = 10;

/** Names them. Model: memory/kept.model.ts. */
export const WANTING: Query<Waiting, { rollout_id: string }> = {
  name: 'wanting',
  bind: ({ org, priority, rollout_id, stage, waves }) => [org, priority, rollout_id, stage, waves],
  sql: `
  SELECT o.rollout_id FROM rollout o
  WHERE o.org = $1 AND o.status IN ('running', 'rolling_back') AND o.priority > $2 AND EXISTS (
    SELECT 1 FROM rollout_member m JOIN rollout_member om ON om.org = m.org AND om.device_id = m.device_id
    WHERE m.org = o.org AND m.rollout_id = $3 AND m.stage = $4 AND m.wave = ANY($5) AND m.status = 'waiting'
      AND om.rollout_id = o.rollout_id AND om.status = 'waiting')
  ORDER BY o.priority DESC, o.rollout_id LIMIT ${NAMED_MAX}`,
};

/** A rollout, and the waves of it whose devices wait. */
export type Waiting = Pick<RolloutRow, 'org' | 'rollout_id' | 'priority'> & { stage: string; waves: readonly number[] };

/** The rollouts of a higher priority that want devices for which a rollout waits, the most urgent first. */
export async function moreUrgentThan(tables: Rows, of: Waiting): Promise<RolloutRow[]> {
  const found = await tables.select(WANTING, of);
  const ids = found.map((row) => row.rollout_id);
  const rows = await tables.range(RolloutRow, { org: of.org, rollout_id: { oneOf: ids } });
  return rows.toSorted((a, b) => ids.indexOf(a.rollout_id) - ids.indexOf(b.rollout_id));
}
