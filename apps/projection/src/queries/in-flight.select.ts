import type { Query, Rows } from '@edgeflow/fold';
import { POSTPONED, inFlightIn, isAccepted, type InFlight } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';

/** Counts the devices of a rollout that have been told. Model: memory/kept.model.ts. */
export const IN_FLIGHT: Query<{ org: string; rollout_id: string }, Counted> = {
  name: 'in-flight',
  bind: ({ org, rollout_id }) => [org, rollout_id, POSTPONED],
  sql: `
  SELECT count(*) FILTER (WHERE NOT coalesce(d.online, false))::int AS offline,
         min(m.deadline_at) AS next_deadline_at,
         (array_agg(m.device_id ORDER BY m.changed_at, m.device_id))[1] AS device_id,
         min(m.changed_at) AS since
  FROM rollout_member m LEFT JOIN device d ON d.org = m.org AND d.device_id = m.device_id
  WHERE m.org = $1 AND m.rollout_id = $2 AND m.status = 'in_flight' AND m.code IS DISTINCT FROM $3`,
};

export interface Counted {
  offline: number;
  next_deadline_at: Date | null;
  device_id: string | null;
  since: Date | null;
}

/** What can be said of the devices of a rollout that have been told and have not ended, without those that somebody put off; undefined when there is none. */
export async function inFlightOf(
  tables: Rows,
  { org, rollout_id, state }: Pick<RolloutRow, 'org' | 'rollout_id' | 'state'>,
): Promise<InFlight | undefined> {
  if (!isAccepted(state) || inFlightIn(state) === 0) return undefined;
  const [counted] = await tables.select(IN_FLIGHT, { org, rollout_id });
  const { offline = 0, device_id, since, next_deadline_at } = counted ?? {};
  if (!device_id || !since) return undefined;
  const oldest = { device_id, since: since.toISOString() };
  return { offline, oldest, next_deadline_at: next_deadline_at?.toISOString() ?? null };
}
