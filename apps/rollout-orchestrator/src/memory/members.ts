import type { ModelTables } from '@edgeflow/fold/memory';
import { MemberRow, type RolloutRow } from '@edgeflow/rollout-rows';
import type { Waiting } from '../rollouts/candidates.js';
import { DeviceStateRow } from '../rows/device-state.row.js';

/** A device in a stage of a rollout, and the device itself: `m` and `l` of the statements. */
export interface Joined {
  m: MemberRow;
  l: DeviceStateRow;
}

/** The devices of a rollout, each with its row, in any order. */
export async function membersOf(
  tables: ModelTables,
  { org, rollout_id }: Pick<RolloutRow, 'org' | 'rollout_id'>,
): Promise<Joined[]> {
  const members = (await tables.all(MemberRow)).filter((m) => m.org === org && m.rollout_id === rollout_id);
  const devices = (await tables.all(DeviceStateRow)).filter((l) => l.org === org);
  const byId = new Map(devices.map((l) => [l.device_id, l]));
  return members.flatMap((m) => {
    const l = byId.get(m.device_id);
    return l ? [{ m, l }] : [];
  });
}

/** What `membersWith` selects. */
export function waitingIn({ m, l }: Joined): Waiting {
  const { device_id, wave, attempt, tries_before, version, joined, position } = m;
  const { lane_position, state } = l;
  return { device_id, wave, attempt, tries_before, version, joined, position, lane_position, state };
}

/** The device is the one that was planned, and none that has got its id since. */
export function isThePlanned({ m, l }: Joined): boolean {
  return l.born_after === null || l.born_after < m.planned_position;
}

export function byPlace(a: Joined, b: Joined): number {
  return a.m.wave - b.m.wave || a.m.rank - b.m.rank;
}

/** What statements read of an open update, of whichever kind it is. */
interface UpdateFacts {
  status: string;
  phase?: string;
  postponed?: { phase?: string };
  put_off?: object;
  plan?: { rollback?: boolean };
}

export function updateIn({ state }: DeviceStateRow): UpdateFacts {
  return state.update;
}

export function isOpen({ status }: MemberRow): boolean {
  return status === 'waiting' || status === 'in_flight';
}
