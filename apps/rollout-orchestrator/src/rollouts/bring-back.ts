import type { DataOf } from '@edgeflow/contracts';
import { wayBack, waysBack, type DeviceUpdateState } from '@edgeflow/device-update';
import type { Query, Rows } from '@edgeflow/fold';
import { isRollbackOver } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { Catalog } from '../rows/catalog.js';
import { lookupIn } from './ways-back.js';

/** Devices planned in one event. */
const CHUNK = 1_000;

/** A rollout told the device `m` of its version (`wasTold`), when it ran something else. */
const TOLD = `m.stage = 'forward' AND m.deadline_at IS NOT NULL AND m.status NOT IN ('waiting', 'in_flight')
  AND m.from_version IS DISTINCT FROM m.version AND (l.born_after IS NULL OR l.born_after < m.planned_position)`;

/** The device has run the version, and neither that nor what it came from any more: something else has taken it on. */
const TAKEN_ON = `(l.version IS DISTINCT FROM m.from_version
  AND (m.status = 'succeeded' OR m.reverted OR l.state->'good' @> to_jsonb(m.version)))`;

/**
 * Somebody else has brought the device to the version since (`isBroughtByAnother`). Once the rollback is over, whoever told it of that last is the one for whom it
 * comes up on it, whatever became of that update.
 */
const BROUGHT_BY_ANOTHER = `jsonb_path_exists(l.state,
  '$.told[*] ? (@.version == $version && @.rollout_id != $rollout && (@.completed == true || $over == true))',
  jsonb_build_object('version', m.version, 'rollout', m.rollout_id, 'over', $3::boolean))`;

/** Neither among the devices of the rollback nor among those without a way. */
const UNPLANNED = `NOT EXISTS (SELECT 1 FROM rollout_member b WHERE b.org = m.org AND b.rollout_id = m.rollout_id
    AND b.stage = 'rollback' AND b.device_id = m.device_id)
  AND NOT EXISTS (SELECT 1 FROM rollout_exclusion x WHERE x.org = m.org AND x.rollout_id = m.rollout_id
    AND x.stage = 'rollback' AND x.device_id = m.device_id)`;

/** @param over the rollback is over */
export interface OfRollback extends Pick<RolloutRow, 'org' | 'rollout_id'> {
  over: boolean;
  limit: number;
}

/** A device that a rollback may have to bring back. */
interface Moved {
  device_id: string;
  state: DeviceUpdateState;
}

/** Model: memory/bring-back.model.ts. */
export const TO_BRING_BACK: Query<OfRollback, Moved> = {
  name: 'devices-to-bring-back',
  sql: `
    SELECT m.device_id, l.state
      FROM rollout_member m JOIN device_lane l ON l.org = m.org AND l.device_id = m.device_id
      WHERE m.org = $1 AND m.rollout_id = $2 AND ${TOLD} AND (l.version = m.version OR (NOT $3 AND ${TAKEN_ON}))
        AND NOT ${BROUGHT_BY_ANOTHER} AND ${UNPLANNED}
      ORDER BY m.rank LIMIT $4`,
  bind: ({ org, rollout_id, over, limit }) => [org, rollout_id, over, limit],
};

/**
 * The next devices of a rollback, that are not planned yet: all that the rollout has told of its version and that run it, however their updates have ended, but for those
 * that somebody else has brought there since. Those that it had moved and that run something else by now are planned too, as long as the rollback goes on: they are said
 * to be elsewhere, or are brought back from there. Each goes to its own last known good version; one that has none is reported.
 * @returns undefined when there is none
 */
export async function nextToRollBack(
  tables: Rows,
  row: RolloutRow,
  at: Date,
): Promise<DataOf<'RolloutDevicesPlanned'> | undefined> {
  const { org, rollout_id, version } = row;
  const over = isRollbackOver(row);
  const moved = await tables.select(TO_BRING_BACK, { org, rollout_id, over, limit: CHUNK });
  if (moved.length === 0) return undefined;
  const leaves = version ?? undefined;
  const wanted = moved.flatMap(({ state }) => [...waysBack(state, leaves), ...runningIn(state)]);
  const context = lookupIn(await Catalog.load(tables, distinct(org, wanted), at), org);
  const targets = moved.map(({ device_id, state }) => ({ device_id, state, version: wayBack(state, context, leaves) }));
  return {
    ...{ rollout_id, stage: 'rollback' },
    devices: targets.flatMap(({ device_id, version: to }) => (to === undefined ? [] : [{ device_id, version: to }])),
    excluded: targets.flatMap(({ device_id, version: to, state }) =>
      to === undefined ? [{ device_id, reason: reasonOf(state, row) }] : [],
    ),
  };
}

function runningIn({ running }: DeviceUpdateState): string[] {
  return running.status === 'known' ? [running.version] : [];
}

function distinct(org: string, versions: readonly string[]): { org: string; version: string }[] {
  return [...new Set(versions)].map((version) => ({ org, version }));
}

/** Why a device is not to be brought back that has no version to go back to. */
function reasonOf({ registration, kept }: DeviceUpdateState, { rollout_id, version }: RolloutRow): string {
  if (registration.status === 'revoked') return 'device-revoked';
  const isElsewhere = kept && kept.which.version !== version && kept.which.rollout_id !== rollout_id;
  return isElsewhere ? 'superseded' : 'no-good-version';
}
