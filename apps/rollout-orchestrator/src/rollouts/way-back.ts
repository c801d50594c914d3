import type { EntityManager } from 'typeorm';
import type { DataOf } from '@edgeflow/contracts';
import { lastGood, type DeviceLane } from '@edgeflow/device-update';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { WITH_LANE, inSchema } from './candidates.js';

/** Devices planned in one event. */
const CHUNK = 1_000;

/**
 * The next devices that a rollback has to bring back: those that the rollout moved, i.e. that run its version and did not before, and that
 * are not planned yet. Each goes to its own last known good version; one that has none is reported.
 * @returns undefined when there is none
 */
export async function nextWayBack(
  tables: EntityManager,
  row: RolloutRow,
): Promise<DataOf<'RolloutDevicesPlanned'> | undefined> {
  const { org, rollout_id } = row;
  const moved = (await tables.query(
    inSchema(
      tables,
      `SELECT m.device_id, l.state
       FROM rollout_member m ${WITH_LANE}
       WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = 'forward' AND m.attempt > 0
         AND m.status NOT IN ('waiting', 'in_flight')
         AND m.from_version IS DISTINCT FROM m.version AND l.version = m.version
         AND (NOT $3 OR l.state->>'last_update_id' = m.update_id)
         AND NOT EXISTS (SELECT 1 FROM rollout_member b WHERE b.org = m.org AND b.rollout_id = m.rollout_id
                         AND b.stage = 'rollback' AND b.device_id = m.device_id)
         AND NOT EXISTS (SELECT 1 FROM rollout_exclusion x WHERE x.org = m.org AND x.rollout_id = m.rollout_id
                         AND x.stage = 'rollback' AND x.device_id = m.device_id)
       ORDER BY m.rank LIMIT ${CHUNK}`,
    ),
    // Once the rollback was over, only a device that nobody has updated since comes back late from this rollout.
    [org, rollout_id, row.status === 'rolled_back'],
  )) as { device_id: string; state: DeviceLane }[];
  if (moved.length === 0) return undefined;
  const targets = moved.map(({ device_id, state }) => ({ device_id, version: lastGood(state) }));
  return {
    ...{ rollout_id, stage: 'rollback' },
    devices: targets.flatMap(({ device_id, version }) => (version === undefined ? [] : [{ device_id, version }])),
    excluded: targets.flatMap(({ device_id, version }) =>
      version === undefined ? [{ device_id, reason: 'no-good-version' }] : [],
    ),
  };
}
