import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { IsVersion } from '@edgeflow/contracts';
import { positionColumn } from '@edgeflow/fold';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { PageQuery } from '../query/page.js';
import { tableOf } from '../query/table-of.js';
import { answerState, type StoredRollout } from './answer-of.js';
import { ANSWER_STATES, type AnswerState } from './rollout.answer.js';

/** Query of `GET /query/v1/rollouts`: the newest first. */
export class RolloutsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ANSWER_STATES })
  @IsOptional()
  @IsIn(ANSWER_STATES)
  state?: AnswerState;

  @ApiPropertyOptional()
  @IsOptional()
  @IsVersion()
  version?: string;
}

/** The order of the list: where rollouts begin in the log. */
export class RolloutsKey {
  @IsInt() @Min(0) @Max(Number.MAX_SAFE_INTEGER) position!: number;
}

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
};
const ALL_STATUSES = [...new Set(Object.values(STATUSES).flat())];

/**
 * A page of rollouts and, if there is one, the first of the next. No members, and no lists of devices.
 * @param before the key of the last one that was shown
 */
export async function selectRollouts(
  tables: EntityManager,
  org: string,
  query: Pick<RolloutsQuery, 'state' | 'version' | 'limit'>,
  before: number | undefined,
): Promise<ListedRollout[]> {
  const take = query.limit + 1;
  const found: ListedRollout[] = [];
  for (let from = before; ;) {
    const rows = await selectStored(tables, org, query, from, take);
    found.push(...rows.filter(({ state }) => query.state === undefined || answerState(state) === query.state));
    if (rows.length < take || found.length >= take) return found.slice(0, take);
    from = rows.at(-1)?.first_position;
  }
}

async function selectStored(
  tables: EntityManager,
  org: string,
  { state, version }: Pick<RolloutsQuery, 'state' | 'version'>,
  before: number | undefined,
  take: number,
): Promise<ListedRollout[]> {
  const rows = (await tables.query(
    `SELECT rollout_id, version, first_position,
            state #- '{spec,target,devices}' #- '{wish,spec,target,devices}' AS state
     FROM ${tableOf(tables, RolloutRow)}
     WHERE org = $1 AND status = ANY($2) AND ($3::text IS NULL OR version = $3) AND first_position < $4
     ORDER BY first_position DESC LIMIT $5`,
    [org, state ? STATUSES[state] : ALL_STATUSES, version ?? null, before ?? Number.MAX_SAFE_INTEGER, take],
  )) as ListedRollout[];
  return rows.map((row) => ({ ...row, first_position: positionColumn.from(row.first_position) as number }));
}
