import type { Statement } from '@edgeflow/fold';

/** How devices that wait are shared out over waves that were planned anew. */
export interface ShareOut {
  org: string;
  rollout_id: string;
  /** The first of these waves. */
  from: number;
  /** How many of the devices there ended before their turn. */
  ended: number;
  /** Where each wave but the first begins, counted in devices. */
  bounds: readonly number[];
  position: number;
}

/** Puts devices that wait into their waves, in their order; those that ended before their turn stay in the first. Model: memory/share-out.model.ts. */
export const SHARE_OUT: Statement<ShareOut> = {
  name: 'share-out',
  sql: `
    UPDATE rollout_member m
       SET wave = $3 + CASE WHEN tail.status = 'waiting' THEN width_bucket(tail.n - 1 + $4, $5::int[]) ELSE 0 END, position = $6
       FROM (SELECT device_id, status, row_number() OVER (PARTITION BY status = 'waiting' ORDER BY rank)::int AS n
             FROM rollout_member WHERE org = $1 AND rollout_id = $2 AND stage = 'forward' AND wave >= $3) AS tail
       WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = 'forward' AND m.device_id = tail.device_id`,
  bind: ({ org, rollout_id, from, ended, bounds, position }) => [org, rollout_id, from, ended, bounds, position],
};
