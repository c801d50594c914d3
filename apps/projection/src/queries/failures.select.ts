import type { EntityManager } from 'typeorm';
import { NOT_OURS } from '@edgeflow/rollout';
import type { FailureGroup } from '../http/rollout-devices.dto.js';
import type { OfRollout } from './of-rollout.js';

/** Codes that are listed, most devices first: a device may give any code, so there is a limit. */
const MAX_CODES = 100;

/**
 * The failed devices of a rollout, and those that its rollback has no version for, grouped by stage and code. Who was withdrawn on the way back
 * is not back either; one that was taken out, or that a later rollout has, is not its to bring back.
 */
export async function selectFailures(tables: EntityManager, { org, rollout_id }: OfRollout): Promise<FailureGroup[]> {
  return (await tables.query(
    `SELECT code, count(*)::int AS devices,
            coalesce(array_agg(DISTINCT wave) FILTER (WHERE wave IS NOT NULL), '{}') AS waves,
            (array_agg(device_id ORDER BY rank, device_id))[1:5] AS example_device_ids,
            (array_agg(detail ORDER BY rank, device_id))[1] AS example_detail, max(attempts) AS attempts_on_version, stage
     FROM (SELECT m.stage, m.code, m.wave, m.rank, m.device_id, m.detail,
                  coalesce((d.attempts -> m.version ->> 'told')::int, CASE WHEN m.deadline_at IS NULL THEN 0 ELSE m.attempt END) AS attempts
           FROM rollout_member m LEFT JOIN device d ON d.org = m.org AND d.device_id = m.device_id
           WHERE m.org = $1 AND m.rollout_id = $2
             AND (m.status = 'failed' OR (m.stage = 'rollback' AND m.status = 'cancelled' AND m.code <> ALL($3)))
           UNION ALL
           SELECT stage, reason, NULL, NULL, device_id, NULL, 0 FROM rollout_exclusion
           WHERE org = $1 AND rollout_id = $2 AND stage = 'rollback' AND reason <> ALL($3)) f
     GROUP BY stage, code ORDER BY devices DESC, code, stage LIMIT ${MAX_CODES}`,
    [org, rollout_id, NOT_OURS],
  )) as FailureGroup[];
}
