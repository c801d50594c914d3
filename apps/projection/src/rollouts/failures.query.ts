import { ApiProperty } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { STAGES, type Stage } from '@edgeflow/contracts';
import { ExclusionRow, MemberRow } from '@edgeflow/rollout-rows';
import { PageAnswer } from '../query/page.js';
import { tableOf } from '../query/table-of.js';
import type { OfRollout } from './members.select.js';

/** Codes that are listed, most devices first: a device may give any code, so there is a limit. */
const MAX_CODES = 100;

/** Devices that failed alike. */
export class FailureGroup {
  @ApiProperty({ description: 'An error code, or the code that the devices gave.' })
  code!: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  devices!: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer' },
    description: 'The waves that they are in; none for those that cannot go back.',
  })
  waves!: number[];

  @ApiProperty({ type: [String], description: 'Five at most.' })
  example_device_ids!: string[];

  @ApiProperty({ type: String, nullable: true, description: 'What the first of them said.' })
  example_detail!: string | null;

  @ApiProperty({ enum: STAGES, description: '`rollback`: they could not be brought back.' })
  stage!: Stage;
}

export class FailuresAnswer extends PageAnswer {
  @ApiProperty({ type: [FailureGroup], description: 'Most devices first, 100 codes at most.' })
  items!: FailureGroup[];
}

/** The failed devices of a rollout, and those that its rollback has no version for, grouped by stage and code. */
export async function selectFailures(tables: EntityManager, { org, rollout_id }: OfRollout): Promise<FailureGroup[]> {
  return (await tables.query(
    `SELECT code, count(*)::int AS devices,
            coalesce(array_agg(DISTINCT wave) FILTER (WHERE wave IS NOT NULL), '{}') AS waves,
            (array_agg(device_id ORDER BY rank, device_id))[1:5] AS example_device_ids,
            (array_agg(detail ORDER BY rank, device_id))[1] AS example_detail, stage
     FROM (SELECT stage, code, wave, rank, device_id, detail FROM ${tableOf(tables, MemberRow)}
           WHERE org = $1 AND rollout_id = $2 AND status = 'failed'
           UNION ALL
           SELECT stage, reason, NULL, NULL, device_id, NULL FROM ${tableOf(tables, ExclusionRow)}
           WHERE org = $1 AND rollout_id = $2 AND stage = 'rollback') f
     GROUP BY stage, code ORDER BY devices DESC, code, stage LIMIT ${MAX_CODES}`,
    [org, rollout_id],
  )) as FailureGroup[];
}
