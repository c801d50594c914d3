import type { RolloutTarget } from '@edgeflow/contracts';
import type { MomentRows, Query } from '@edgeflow/fold';
import { isTargeted, type Candidate } from '@edgeflow/rollout';

/** Devices read at a time. */
const PAGE = 2_000;

/** Whose devices are looked for. */
export interface OfTarget {
  org: string;
  target: RolloutTarget;
}

/** What is looked for of a device in table `device`. */
export const CANDIDATE = `
  device.device_id, device.registration, device.model, device.fleet, device.tags, device.version, device.unconfirmed, device.online,
  device.busy, device.highest_counter::float8, device.signing`;

/**
 * The devices that may be a target's: a superset, which `isTargeted` narrows down where SQL cannot. What a target does not say, the planner drops: each statement is planned
 * for its own parameters. A device that was only ever asked for is one only to whoever names it. Model: `mayBeTargeted` of memory/targets.model.ts.
 */
export const TARGETED = `device.org = $1
  AND ($2::text IS NULL OR device.fleet = $2) AND ($3::text IS NULL OR device.model = $3)
  AND ($4::boolean IS NULL OR device.online = $4)
  AND ($5::text[] IS NULL OR device.device_id = ANY($5)) AND ($5::text[] IS NOT NULL OR device.registration <> 'unknown')
  AND ($6::text[] IS NULL OR device.tags @> $6)`;

/** `$1` to `$6` of `TARGETED`. */
export function boundTarget({ org, target: { fleet, devices, filter } }: OfTarget): unknown[] {
  const said = [fleet ?? filter?.fleet, filter?.model, filter?.online, devices, filter?.tags];
  return [org, ...said.map((one) => one ?? null)];
}

/** They come in the order of a rollout. Model: memory/targets.model.ts. */
export const TARGETED_DEVICES: Query<OfTarget & { rollout_id: string }, Candidate> = {
  name: 'targeted-devices',
  sql: `SELECT ${CANDIDATE} FROM device_lane device WHERE ${TARGETED}
    ORDER BY sha256(convert_to($7 || '/' || device.device_id, 'UTF8'))`,
  bind: ({ rollout_id, ...of }) => [...boundTarget(of), rollout_id],
};

/** The versions that the devices of a target run. Model: memory/targets.model.ts. */
export const RUNNING_VERSIONS: Query<OfTarget, { version: string }> = {
  name: 'running-versions',
  sql: `SELECT DISTINCT device.version FROM device_lane device
    WHERE ${TARGETED} AND device.version IS NOT NULL`,
  bind: boundTarget,
};

/**
 * The devices of a target as the fold knows them at one moment, in the order of a rollout, a page at a time: the memory needed here does not grow
 * with the fleet.
 */
export async function* targetedDevices(
  moment: MomentRows,
  org: string,
  rollout_id: string,
  target: RolloutTarget,
): AsyncGenerator<Candidate[]> {
  for await (const page of moment.pages(TARGETED_DEVICES, { org, rollout_id, target }, PAGE)) {
    yield page.filter((device) => isTargeted(target, device));
  }
}
