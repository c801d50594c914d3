import { given } from '@edgeflow/contracts';
import type { DataOf, RolloutSpec } from '@edgeflow/contracts';
import type { Query, Rows } from '@edgeflow/fold';
import {
  countedIn,
  exclusionOf,
  isAccepted,
  isInRange,
  isNewer,
  replacedBy,
  rollsBack,
  type Candidate,
  type Release,
} from '@edgeflow/rollout';
import { ExclusionRow, MemberRow, type RolloutRow } from '@edgeflow/rollout-rows';
import { Catalog } from '../rows/catalog.js';
import { claimerOf, claimersOf, type Claimers } from './claims.js';
import { withCounters } from './counters.js';
import { CANDIDATE, RUNNING_VERSIONS, TARGETED, boundTarget, type OfTarget } from './targeted-devices.js';
import { warningsFor } from './warnings.js';
import { countNoWayBack } from './ways-back.js';

/** Devices planned in one event. */
const CHUNK = 1_000;
/** Why a device was left out that may be taken in later. */
const PASSING = ['update-in-progress', 'device-unknown', 'version-unknown'];

const CLAIMERS = { all: '$11::text[]', aborted: '$12::text[]', lower: '$13::text[]' };

/** One that was in the rollout, or left out, before its id was freed is another device; it keeps its place until it has ended there. */
const UNPLANNED = `
  NOT EXISTS (SELECT 1 FROM rollout_member m WHERE m.org = device.org AND m.rollout_id = $7
              AND m.stage = 'forward' AND m.device_id = device.device_id
              AND (device.born_after IS NULL OR m.planned_position > device.born_after
                   OR m.status IN ('waiting', 'in_flight')))
  AND NOT EXISTS (SELECT 1 FROM rollout_exclusion x WHERE x.org = device.org AND x.rollout_id = $7
                  AND x.stage = 'forward' AND x.device_id = device.device_id AND NOT x.reason = ANY($8)
                  AND (device.born_after IS NULL OR x.planned_position > device.born_after)
                  AND NOT (x.reason = 'device-revoked' AND device.registration = 'registered')
                  AND NOT (x.reason = 'model-mismatch' AND device.model = ANY($9)))`;

/**
 * @param passing why a device was left out that may be taken in later @param models for which there are images
 * @param wanted the rollout's version @param versions which the devices may run, null for any
 */
export interface OfJoiners extends OfTarget {
  rollout_id: string;
  passing: readonly string[];
  models: readonly string[];
  wanted: string;
  claimers: Claimers;
  versions: readonly string[] | null;
  limit: number;
}

/**
 * Devices that a rollout may take in. What a later rollout has is not looked at: it may be free again when that has gone back. Whether what it tries is
 * newer is seen once that is settled. Model: memory/joiners.model.ts.
 */
export const JOINERS: Query<OfJoiners, Candidate> = {
  name: 'joining-devices',
  sql: `SELECT ${CANDIDATE} FROM device_lane device
    WHERE ${TARGETED} AND ${UNPLANNED} AND ${claimerOf('device', CLAIMERS)} IS NULL
      AND NOT device.busy AND device.registration <> 'unknown' AND (NOT device.unconfirmed OR device.version = $10)
      AND ($14::text[] IS NULL OR device.version = ANY($14))
    ORDER BY device.device_id LIMIT $15`,
  bind: ({ rollout_id, passing, models, wanted, claimers: { all, aborted, lower }, versions, limit, ...of }) => [
    ...[...boundTarget(of), rollout_id, passing, models, wanted, all, aborted, lower, versions, limit],
  ],
};

/**
 * Devices that have come to fit the target of a rollout with continuous membership since it was planned. One on a newer version is left
 * out: a rollout that takes in devices by itself never takes one back.
 * @returns undefined when there is none
 */
export async function nextJoiners(
  tables: Rows,
  row: RolloutRow,
  at: Date,
): Promise<DataOf<'RolloutDevicesPlanned'> | undefined> {
  const { org, rollout_id, state } = row;
  if (!isAccepted(state)) return undefined;
  const { spec } = state;
  const claimers = await claimersOf(tables, row);
  const releases = await Catalog.releases(tables, org, spec.version, at);
  const models = releases.map(({ model }) => model);
  const found = await tables.select(JOINERS, {
    ...{ org, rollout_id, target: spec.target, wanted: spec.version, versions: await versionsOf(tables, org, spec) },
    ...{ claimers, models, passing: PASSING, limit: CHUNK },
  });
  if (found.length === 0) return undefined;
  const joiners = await withCounters(tables, org, found, at);
  const reasonFor = (device: Candidate): string | undefined =>
    exclusionOf(device, spec, releases) ??
    (spec.force !== true && isNewer(device.version, spec.version) ? 'newer-version' : undefined);
  const before = await exclusionsOf(tables, row, joiners);
  const judged = joiners.map((device) => {
    const was_excluded = before.get(device.device_id);
    const named = { device_id: device.device_id, ...given({ was_excluded }) };
    return { device, named, reason: reasonFor(device) };
  });
  const joining = judged.filter(({ reason }) => reason === undefined);
  const replaced = await placesOf(tables, row, joining);
  return {
    ...{ rollout_id, stage: 'forward', joined: true },
    ...(await foreseen(tables, row, { spec, releases, joining: joining.map(({ device }) => device) }, at)),
    devices: joining.map(({ named }) => ({ ...named, ...given({ replaces: replaced.get(named.device_id) }) })),
    excluded: judged.flatMap(({ named, reason }) => (reason === undefined ? [] : [{ ...named, reason }])),
  };
}

/** What is to be said beforehand of the devices that join. */
async function foreseen(
  tables: Rows,
  { org }: RolloutRow,
  { spec, releases, joining }: { spec: RolloutSpec; releases: readonly Release[]; joining: readonly Candidate[] },
  at: Date,
): Promise<Pick<DataOf<'RolloutDevicesPlanned'>, 'no_way_back' | 'warnings'>> {
  if (joining.length === 0) return {};
  const warningOf = await warningsFor(tables, org, releases);
  const warnings = countedIn(
    {},
    joining.flatMap((device) => warningOf(device) ?? []),
  );
  const devices = joining.map(({ device_id }) => device_id);
  const ways = rollsBack(spec) ? await countNoWayBack(tables, { org, version: spec.version, at }, devices) : undefined;
  return { ...(Object.keys(warnings).length > 0 && { warnings }), ...given({ no_way_back: ways }) };
}

type Replaced = NonNullable<DataOf<'RolloutDevicesPlanned'>['devices'][number]['replaces']>;

/** The devices that were in the rollout under the ids of others that join it: taken out of service since, and ended there. */
async function placesOf(
  tables: Rows,
  { org, rollout_id }: RolloutRow,
  joining: readonly { device: Candidate }[],
): Promise<Map<string, Replaced>> {
  const ids = joining.map(({ device: { device_id } }) => device_id);
  const rows = await tables.range(MemberRow, { org, rollout_id, stage: 'forward', device_id: { oneOf: ids } });
  return new Map(
    // Who waits or is told keeps its place until it has ended.
    rows.map((row) => [row.device_id, replacedBy({ ...row, status: row.status as Replaced['status'] })]),
  );
}

/**
 * Which versions the devices may run that fit a target, null for any, so that no others are found: were some of a page left out afterwards, a page of those would keep
 * everybody behind it from joining. SQL knows no ranges of versions, so it is told which ones of the organization's lie in it.
 */
async function versionsOf(tables: Rows, org: string, { target }: RolloutSpec): Promise<string[] | null> {
  const range = target.filter?.version;
  if (range === undefined) return null;
  const running = await tables.select(RUNNING_VERSIONS, { org, target });
  return running.flatMap(({ version }) => (isInRange(version, range) ? [version] : []));
}

/** Why some of the devices were left out before, by device. */
async function exclusionsOf(
  tables: Rows,
  { org, rollout_id }: RolloutRow,
  devices: readonly Candidate[],
): Promise<Map<string, string>> {
  const ids = devices.map(({ device_id }) => device_id);
  const rows = await tables.range(ExclusionRow, { org, rollout_id, stage: 'forward', device_id: { oneOf: ids } });
  return new Map(rows.map(({ device_id, reason }) => [device_id, reason]));
}
