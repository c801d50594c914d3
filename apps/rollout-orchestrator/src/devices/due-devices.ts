import type { Query } from '@edgeflow/fold';
import { DeviceStateRow } from '../rows/device-state.row.js';

/** Which devices are due. */
export interface Due {
  /** False: of requests only what ends something. */
  has_room: boolean;
  at: Date;
  /** What is held is due as well once it may be told: the windows of updates that are open, and the fleets whose window is closed, each as `{org}/{fleet}`. */
  held?: { open: readonly string[]; closed: readonly string[] } | undefined;
  limit: number;
}

/** What has to end, is taken back or did not last, ends, also when the log has no room for anything new: it must not stand in line behind that. */
const ENDING = `(state -> 'update' ->> 'status' = 'ending' OR state -> 'requests' @> '[{"kind":"cancel"}]' OR state #> '{kept,lost}' IS NOT NULL)`;

/**
 * The to-do list: devices with something to decide on, those of which a phase lasts too long, and queued updates whose start has come, and whose
 * windows are open: their own, and that of the fleet that they keep to. Model: ../memory/due-devices.model.ts.
 */
export const DUE_DEVICES: Query<Due, DeviceStateRow> = {
  name: 'due-devices',
  of: DeviceStateRow,
  sql: `
    SELECT * FROM device_lane
    WHERE (due AND ($1 OR ${ENDING}))
       OR wake_at <= $2
       OR ($3 AND held AND (held_until IS NULL OR held_until <= $2) AND (held_window IS NULL OR held_window = ANY($4))
           AND (held_fleet IS NULL OR NOT org || '/' || held_fleet = ANY($5)))
    ORDER BY position LIMIT $6`,
  bind: ({ has_room, at, held, limit }) => [
    ...[has_room, at.toISOString(), held !== undefined],
    ...[held?.open ?? [], held?.closed ?? [], limit],
  ],
};

/**
 * Devices with an update that they were not told of, or have put off, and whose image is revoked, in any order. What its device has begun with
 * goes on. Model: ../memory/due-devices.model.ts.
 */
export const WAITING_FOR_REVOKED: Query<{ limit: number }, DeviceStateRow> = {
  name: 'waiting-for-revoked',
  of: DeviceStateRow,
  sql: `
    SELECT lane.* FROM device_lane lane
    JOIN firmware image
      ON image.org = lane.org AND image.revoked AND image.firmware_id = lane.state #>> '{update,plan,firmware_id}'
    WHERE lane.busy AND lane.state #>> '{update,status}' = 'queued'
      AND lane.state #> '{update,postponed,begun}' IS NULL AND lane.state #> '{update,postponed,phase}' IS NULL
    LIMIT $1`,
  bind: ({ limit }) => [limit],
};
