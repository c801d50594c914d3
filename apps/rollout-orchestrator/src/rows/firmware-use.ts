import type { FirmwareUse } from '@edgeflow/contracts';
import type { Query, Rows } from '@edgeflow/fold';
import { FirmwareRow } from './firmware.row.js';

/** A firmware whose users are counted. */
type Counted = Pick<FirmwareRow, 'org' | 'model' | 'version' | 'firmware_id'>;

/**
 * Who needs a firmware. Of a device it is what it runs, what it may be brought to, what it may yet come up on though that was taken back, and what
 * its next rollback would lead to, also once its boot loader has taken back what it tries; one that is revoked may be reinstated. Versions further back are not kept for it: a rollback leads to one that it ran before the one that it runs.
 * Model: ../memory/firmware-use.model.ts.
 */
export const DEVICES_OF_FIRMWARE: Query<Counted, Omit<FirmwareUse, 'rollouts'>> = {
  name: 'devices-of-firmware',
  sql: `
    SELECT count(*) FILTER (WHERE version = $3 OR state->>'abandoned_version' = $3)::int AS running,
           count(*) FILTER (WHERE goes_back_to = $3 OR (unconfirmed AND state #>> '{good,-2}' = $3))::int AS may_go_back,
           count(*) FILTER (WHERE busy AND state->'update'->'plan'->>'firmware_id' = $4)::int AS updates
    FROM device_lane WHERE org = $1 AND model = $2 AND registration <> 'unknown'`,
  bind: ({ org, model, version, firmware_id }) => [org, model, version, firmware_id],
};

/** The devices of a rollout that are of the model. */
const MEMBERS = `
  SELECT 1 FROM rollout_member m JOIN device_lane l ON l.org = m.org AND l.device_id = m.device_id
  WHERE m.org = r.org AND m.rollout_id = r.rollout_id AND l.model = $2 AND m.version = $3`;

const CONTINUOUS = `r.state->'spec'->>'membership' = 'continuous'`;

/**
 * A rollout that may still tell devices of the version, also those that failed and may be retried; one that takes in devices by itself is
 * never over. On the way back it wants what its devices ran before. Model: ../memory/firmware-use.model.ts.
 */
export const ROLLOUTS_OF_FIRMWARE: Query<Omit<Counted, 'firmware_id'>, Pick<FirmwareUse, 'rollouts'>> = {
  name: 'rollouts-of-firmware',
  sql: `
    SELECT count(*)::int AS rollouts FROM rollout r
    WHERE r.org = $1 AND (
      (r.version = $3 AND r.status IN ('accepted', 'running', 'paused') AND (${CONTINUOUS} OR EXISTS (${MEMBERS})))
      OR (r.version = $3 AND r.status = 'completed' AND ${CONTINUOUS})
      OR (r.status NOT IN ('requested', 'rejected') AND EXISTS (${MEMBERS} AND m.status IN ('waiting', 'in_flight'))))`,
  bind: ({ org, model, version }) => [org, model, version],
};

/** Counts who needs a firmware, by the rows of one moment. */
export async function firmwareUse(rows: Rows, firmware: Counted): Promise<FirmwareUse> {
  const [devices] = await rows.select(DEVICES_OF_FIRMWARE, firmware);
  const [wanted] = await rows.select(ROLLOUTS_OF_FIRMWARE, firmware);
  return { running: 0, may_go_back: 0, updates: 0, rollouts: 0, ...devices, ...wanted };
}
