import { In, type EntityManager } from 'typeorm';
import type { DataOf } from '@edgeflow/contracts';
import { exclusionOf, isAccepted, isNewer, isTargeted, type Candidate } from '@edgeflow/rollout';
import { ExclusionRow, type RolloutRow } from '@edgeflow/rollout-rows';
import { inSchema } from './candidates.js';
import { releasesOf } from './releases.js';
import { targetQuery } from './targeted-devices.js';

/** Devices planned in one event. */
const CHUNK = 1_000;
/** Why a device was left out that may be taken in later. */
const PASSING = ['update-in-progress', 'device-unknown'];

/**
 * Devices that have come to fit the target of a rollout with continuous membership since it was planned. One on a newer version is left
 * out: a rollout that takes in devices by itself never takes one back.
 * @returns undefined when there is none
 */
export async function nextJoiners(
  tables: EntityManager,
  row: RolloutRow,
  at: Date,
): Promise<DataOf<'RolloutDevicesPlanned'> | undefined> {
  const { org, rollout_id, state } = row;
  if (!isAccepted(state)) return undefined;
  const { spec } = state;
  const unplanned = inSchema(
    tables,
    `NOT EXISTS (SELECT 1 FROM rollout_member m WHERE m.org = lane.org AND m.rollout_id = :rollout_id
                 AND m.stage = 'forward' AND m.device_id = lane.device_id)
     AND NOT EXISTS (SELECT 1 FROM rollout_exclusion x WHERE x.org = lane.org AND x.rollout_id = :rollout_id
                     AND x.stage = 'forward' AND x.device_id = lane.device_id AND NOT x.reason = ANY(:passing))`,
  );
  const found = await targetQuery(tables, org, spec.target)
    .andWhere(unplanned, { rollout_id, passing: PASSING })
    .andWhere(`NOT lane.busy AND lane.registration <> 'unknown'`)
    .orderBy('lane.device_id')
    .limit(CHUNK)
    .getMany();
  const joiners = found.filter((device) => isTargeted(spec.target, device));
  if (joiners.length === 0) return undefined;
  const releases = await releasesOf(tables, org, spec.version, at);
  const reasonFor = (device: Candidate): string | undefined =>
    exclusionOf(device, spec, releases) ??
    (spec.force !== true && isNewer(device.version, spec.version) ? 'newer-version' : undefined);
  const before = await exclusionsOf(tables, row, joiners);
  const judged = joiners.map((device) => {
    const was_excluded = before.get(device.device_id);
    const named = { device_id: device.device_id, ...(was_excluded !== undefined && { was_excluded }) };
    return { named, reason: reasonFor(device) };
  });
  return {
    ...{ rollout_id, stage: 'forward', joined: true },
    devices: judged.flatMap(({ named, reason }) => (reason === undefined ? [named] : [])),
    excluded: judged.flatMap(({ named, reason }) => (reason === undefined ? [] : [{ ...named, reason }])),
  };
}

/** Why some of the devices were left out before, by device. */
async function exclusionsOf(
  tables: EntityManager,
  { org, rollout_id }: RolloutRow,
  devices: readonly Candidate[],
): Promise<Map<string, string>> {
  const ids = devices.map(({ device_id }) => device_id);
  const rows = await tables.findBy(ExclusionRow, { org, rollout_id, stage: 'forward', device_id: In(ids) });
  return new Map(rows.map(({ device_id, reason }) => [device_id, reason]));
}
