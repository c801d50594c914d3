import type { StoredEvent } from '@edgeflow/contracts';

interface CountedWave {
  index: number;
  eligible: number;
  queued: number;
  in_flight: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
}

/** What of a rollout's resource is counted. */
export interface CountedResource {
  rollout_id: string;
  state: string;
  eligible: number;
  succeeded: number;
  waves: readonly CountedWave[];
  rollback: null | { waves: readonly CountedWave[] };
}

/** What is wrong with the counts of a rollout's resource, a line each: they add up in each wave and over all, and are what the log says. */
export function countFaults(resource: CountedResource, org: string, events: readonly StoredEvent[]): string[] {
  const { rollout_id, waves, rollback, eligible } = resource;
  const said = (what: string): string => `${rollout_id}: ${what}`;
  const counted = isStillTorn(resource, org, events) ? [] : [...waves, ...(rollback?.waves ?? [])];
  const uneven = counted.filter((wave) => totalOf(wave) !== wave.eligible);
  const planned = waves.reduce((sum, wave) => sum + wave.eligible, 0);
  const { came, kept } = successesIn(events, org, rollout_id);
  const isSaid = resource.succeeded >= kept && resource.succeeded <= came;
  return [
    ...uneven.map((wave) => said(`wave ${wave.index} has ${wave.eligible} devices and counts ${totalOf(wave)}`)),
    ...(planned === eligible ? [] : [said(`${eligible} are eligible, and ${planned} in its waves`)]),
    ...(isSaid
      ? []
      : [said(`${resource.succeeded} succeeded, and by the log ${kept === came ? came : `${kept} to ${came}`}`)]),
  ];
}

/** Before it begins, which it does not: of the plan the log has lost devices (docs/rollouts.md, "States"). */
const BEFORE = ['scheduled', 'awaiting_approval', 'paused'];

function isStillTorn({ state, rollout_id }: CountedResource, org: string, events: readonly StoredEvent[]): boolean {
  if (!BEFORE.includes(state)) return false;
  const own = events.filter((event) => event.org === org && event.entity_id === rollout_id);
  const eligible = own.flatMap(({ type, data }) => (type === 'RolloutAccepted' ? [data.eligible] : []))[0] ?? 0;
  const there = own.flatMap(({ type, data }) => (type === 'RolloutDevicesPlanned' ? data.devices : []));
  return there.length < eligible;
}

function totalOf({ queued, in_flight, succeeded, failed, cancelled, skipped }: CountedWave): number {
  return queued + in_flight + succeeded + failed + cancelled + skipped;
}

/** How many devices have completed the rollout's way out, and how many of them nothing is said against: what a wave counts no more depends on its soak. */
function successesIn(events: readonly StoredEvent[], org: string, rollout_id: string): { came: number; kept: number } {
  const came = new Set<string>();
  const lost = new Set<string>();
  for (const event of events) {
    if (event.org !== org) continue;
    if (event.type === 'DeviceRemoved') lost.add(event.data.device_id);
    if (event.type !== 'UpdateCompleted' && event.type !== 'UpdateReverted' && event.type !== 'UpdateSkipped') continue;
    if (event.data.rollout_id !== rollout_id || event.data.rollback) continue;
    (event.type === 'UpdateCompleted' ? came : lost).add(event.data.device_id);
  }
  return { came: came.size, kept: [...came].filter((device) => !lost.has(device)).length };
}
