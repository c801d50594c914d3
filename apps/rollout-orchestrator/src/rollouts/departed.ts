import type { MemberRow } from '@edgeflow/rollout-rows';
import { refOf } from '@edgeflow/contracts';
import { rolloutUpdateId, type Departure, type DeviceUpdateState } from '@edgeflow/device-update';
import type { Query, Rows } from '@edgeflow/fold';
import type { AcceptedRollout } from '@edgeflow/rollout';

/** A device of a rollout that was taken out of service since it was planned, and is still waited for. */
export interface Departed extends Pick<MemberRow, 'org' | 'rollout_id' | 'device_id' | 'stage' | 'wave' | 'version'> {
  lane_position: number;
  state: DeviceUpdateState;
  attempt: number;
  rollout: AcceptedRollout;
}

/** Waits that have to end, those first whose devices were taken out of service first. Model: memory/departed.model.ts. */
export const DEPARTED: Query<{ limit: number }, Departed> = {
  name: 'departed-devices',
  sql: `
    SELECT m.org, m.rollout_id, m.device_id, m.stage, m.wave, m.version, m.attempt, l.lane_position::float8, l.state,
           r.state AS rollout
      FROM device_lane l
      JOIN rollout_member m ON m.org = l.org AND m.device_id = l.device_id AND m.status = 'waiting'
      JOIN rollout r ON r.org = m.org AND r.rollout_id = m.rollout_id
      WHERE l.born_after > m.planned_position
      ORDER BY l.born_after, m.rollout_id, m.device_id, m.org, m.stage LIMIT $1`,
  bind: ({ limit }) => [limit],
};

/** Finds rollouts' devices whose wait has to end, in whatever state the rollouts are. */
export async function departed(tables: Rows, limit: number): Promise<Departed[]> {
  const rows = await tables.select(DEPARTED, { limit });
  // Each device once: its next rollout is for the next round.
  const first = new Map(rows.toReversed().map((row) => [`${row.org}/${row.device_id}`, row]));
  return [...first.values()];
}

/** What its rollout would have ordered for it next; what took it out of service is why there is nothing to order. */
export function orderOf({ org, device_id, stage, rollout, state: { removal }, ...member }: Departed): Departure {
  const { rollout_id, wave, attempt, version } = member;
  const of = {
    ...{ rollout_id, wave, attempt: attempt + 1 },
    ...(stage === 'rollback' && { rollback: true as const }),
  };
  const update_id = rolloutUpdateId(org, device_id, of);
  const { request_id, last } = rollout;
  const ref = removal ? { ...refOf(removal), correlation_id: last.correlation_id } : last;
  return { update_id, request_id, version, of, key: update_id, ref };
}
