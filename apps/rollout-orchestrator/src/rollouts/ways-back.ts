import type { Query, Rows } from '@edgeflow/fold';
import { noWayBack, versionsBehind, type DeviceUpdateState, type LookedUp } from '@edgeflow/device-update';
import { countedIn, sumByReason } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { Catalog } from '../rows/catalog.js';
import { DeviceStateRow } from '../rows/device-state.row.js';

/** Devices read at a time. */
const PAGE = 1_000;

/** From which version devices of an organization would go back, and when. */
interface From {
  org: string;
  version: string;
  at: Date;
}

/** A device, and whether the rollout has moved it to the version. */
interface OnTheWay {
  state: DeviceUpdateState;
  moved?: boolean;
}

/**
 * How many of some devices a rollback could not bring back from a version, counted by error code. What the rollback will look at is
 * looked at now: the versions that the log knows of each device, and the images of today.
 */
export async function countNoWayBack(
  tables: Rows,
  from: From,
  devices: readonly string[],
): Promise<Record<string, number>> {
  if (devices.length === 0) return {};
  const rows = await tables.range(DeviceStateRow, { org: from.org, device_id: { oneOf: devices } });
  return counted(tables, from, rows);
}

/** @param after the last device of the page before, empty for the first page */
interface OfPage extends Pick<RolloutRow, 'org' | 'rollout_id'> {
  after: string;
  limit: number;
}

/** Those that the rollout has moved, or may yet move: they wait, are told, or have failed and may be tried again. Model: memory/ways-back.model.ts. */
export const ON_THE_WAY: Query<OfPage, OnTheWay & { device_id: string }> = {
  name: 'devices-on-the-way',
  sql: `
    SELECT device_id, moved, state FROM (
      SELECT m.device_id, m.status, l.state,
             l.version IS NOT DISTINCT FROM m.version AND m.deadline_at IS NOT NULL AND m.from_version IS DISTINCT FROM m.version AS moved
      FROM rollout_member m JOIN device_lane l ON l.org = m.org AND l.device_id = m.device_id
      WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = 'forward' AND m.device_id > $3
        AND (l.born_after IS NULL OR l.born_after < m.planned_position)) member
    WHERE moved OR status IN ('waiting', 'in_flight', 'failed')
    ORDER BY device_id LIMIT $4`,
  bind: ({ org, rollout_id, after, limit }) => [org, rollout_id, after, limit],
};

/** The same of a rollout that is under way, as of the tables' moment. */
export async function countMembersWithoutWayBack(
  tables: Rows,
  { org, rollout_id }: Pick<RolloutRow, 'org' | 'rollout_id'>,
  { version, at }: Omit<From, 'org'>,
): Promise<Record<string, number>> {
  let all: Record<string, number> = {};
  for (let after: string | undefined = ''; after !== undefined;) {
    const rows: (OnTheWay & { device_id: string })[] = await tables.select(ON_THE_WAY, {
      org,
      rollout_id,
      after,
      limit: PAGE,
    });
    all = sumByReason(all, await counted(tables, { org, version, at }, rows));
    after = rows.length < PAGE ? undefined : rows.at(-1)?.device_id;
  }
  return all;
}

async function counted(
  tables: Rows,
  { org, version, at }: From,
  devices: readonly OnTheWay[],
): Promise<Record<string, number>> {
  const behind = devices.flatMap(({ state }) => versionsBehind(state, version));
  const wanted = [...new Set([version, ...behind])].map((one) => ({ org, version: one }));
  const context = lookupIn(await Catalog.load(tables, wanted, at), org);
  return countedIn(
    {},
    devices.flatMap(({ state, moved }) => noWayBack(state, version, context, moved) ?? []),
  );
}

/** What a look at the way back of an organization's devices looks up in a catalog that was loaded for it; each version is worked out once. */
export function lookupIn(catalog: Catalog, org: string): LookedUp {
  const images = new Map<string, ReturnType<LookedUp['firmwareOf']>>();
  const firmwareOf = (version: string) => {
    const known = images.get(version) ?? catalog.entries(org, version);
    images.set(version, known);
    return known;
  };
  return { firmwareOf, rollbacks_below: catalog.rollbacksBelow(org) };
}
