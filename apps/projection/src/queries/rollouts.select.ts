import type { EntityManager } from 'typeorm';
import { positionColumn } from '@edgeflow/fold';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import type { AnswerState, RolloutsQuery } from '../http/rollouts.dto.js';
import { answerState, type StoredRollout } from './answer-of.js';
import { isPosition } from './cursor.js';
import type { Ordered } from './read-models.js';

export type ListedRollout = StoredRollout & Pick<RolloutRow, 'first_position'>;

/** The stored status is coarser: what a rollout waits for before it starts, and between waves, is part of its state. */
const STATUSES: Record<AnswerState, readonly RolloutRow['status'][]> = {
  requested: ['requested'],
  rejected: ['rejected'],
  scheduled: ['accepted'],
  awaiting_approval: ['accepted', 'running'],
  running: ['running'],
  paused: ['paused'],
  completed: ['completed'],
  aborted: ['aborted'],
  rolling_back: ['rolling_back'],
  rolled_back: ['rolled_back'],
  rollback_incomplete: ['rollback_incomplete'],
};
const ALL_STATUSES = [...new Set(Object.values(STATUSES).flat())];

type Filters = Pick<RolloutsQuery, 'state' | 'version'>;

/** The rollouts that fit the filters, the newest first: in the order in which they begin in the log. No members, and no lists of devices. */
export function newestRollouts(org: string, filters: Filters): Ordered<ListedRollout, { position: number }> {
  return {
    key: { position: isPosition },
    keyOf: ({ first_position }) => ({ position: first_position }),
    rows: async (tables, { last, take }) => {
      const found: ListedRollout[] = [];
      for (let before = last?.position; ;) {
        const rows = await selectStored(tables, org, filters, before, take);
        found.push(...rows.filter(({ state }) => filters.state === undefined || answerState(state) === filters.state));
        if (rows.length < take || found.length >= take) return found.slice(0, take);
        before = rows.at(-1)?.first_position;
      }
    },
  };
}

async function selectStored(
  tables: EntityManager,
  org: string,
  { state, version }: Filters,
  before: number | undefined,
  take: number,
): Promise<ListedRollout[]> {
  const rows = (await tables.query(
    `SELECT rollout_id, version, first_position,
            state #- '{spec,target,devices}' #- '{request,spec,target,devices}' AS state
     FROM rollout
     WHERE org = $1 AND status = ANY($2) AND ($3::text IS NULL OR version = $3) AND first_position < $4
     ORDER BY first_position DESC LIMIT $5`,
    [org, state ? STATUSES[state] : ALL_STATUSES, version ?? null, before ?? Number.MAX_SAFE_INTEGER, take],
  )) as ListedRollout[];
  return rows.map((row) => ({ ...row, first_position: positionColumn.from(row.first_position) as number }));
}
