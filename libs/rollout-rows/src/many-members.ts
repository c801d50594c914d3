import { given, type ErrorCode, type EventName, type StoredEvent } from '@edgeflow/contracts';
import { ColumnValue, pipelined, type Rows, type Where } from '@edgeflow/fold';
import {
  isAccepted,
  isRollbackOver,
  isStoppedBack,
  membersOf,
  sharesOf,
  type AcceptedRollout,
} from '@edgeflow/rollout';
import { ExclusionRow, MemberRow } from './member.row.js';
import type { RolloutRow } from './rollout.row.js';
import { SHARE_OUT } from './share-out.js';

/** The events that change devices by the thousand. */
const OF_MANY = [
  ...(['RolloutDevicesPlanned', 'RolloutAborted', 'RollbackTriggered', 'RolloutRetried'] as const),
  ...(['WaveSkipped', 'RolloutAmended'] as const),
] as const;
export type OfMany = StoredEvent<(typeof OF_MANY)[number]>;

/** True for an event that changes many devices of a rollout at once. */
export function isOfMany(event: StoredEvent): event is OfMany {
  return (OF_MANY as readonly EventName[]).includes(event.type);
}

/** Changes the rows of the devices as `evolve` of libs/rollout changes their counts. @param rollout as it was before the event */
export async function changeMany(tx: Rows, rollout: RolloutRow, event: OfMany): Promise<void> {
  const { org, rollout_id, state } = rollout;
  if (!isAccepted(state) || event.position <= rollout.position) return;
  switch (event.type) {
    case 'RolloutDevicesPlanned':
      return plan(tx, org, state, event);
    case 'RolloutAborted':
    case 'RollbackTriggered': {
      if (event.type === 'RollbackTriggered' && isStoppedBack(state)) return goBackAgain(tx, rollout, event);
      const code = event.type === 'RolloutAborted' ? 'rollout-aborted' : 'rollout-rolled-back';
      return endWaits(tx, { org, rollout_id }, { status: 'cancelled', code }, event);
    }
    case 'RolloutRetried': {
      if (isRollbackOver(state)) return goBackAgain(tx, rollout, event);
      const { wave } = event.data;
      const failed = { org, rollout_id, stage: 'forward' as const, status: 'failed' as const, ...given({ wave }) };
      return tx.change(MemberRow, failed, waitingAgain(event));
    }
    case 'WaveSkipped': {
      const of = { org, rollout_id, stage: 'forward' as const, wave: event.data.wave };
      return endWaits(tx, of, { status: 'skipped', code: 'wave-skipped' }, event);
    }
    case 'RolloutAmended':
      return shareOutAnew(tx, rollout, state, event);
  }
}

function waitingAgain({ time: changed_at, position }: OfMany) {
  return {
    status: 'waiting' as const,
    tries_before: new ColumnValue('attempt' as const),
    not_before: null,
    changed_at,
    position,
  };
}

/** Who is not back waits again. Those that were taken out may be in again, and those without a way back are looked at anew. */
async function goBackAgain(tx: Rows, { org, rollout_id }: RolloutRow, event: OfMany): Promise<void> {
  const back = { org, rollout_id, stage: 'rollback' as const };
  const again = waitingAgain(event);
  // Whoever has failed has, until it is told; whoever was cancelled is asked anew.
  const asked = { ...again, code: null, detail: null };
  await tx.change(MemberRow, { ...back, status: 'failed' }, again);
  await tx.change(MemberRow, { ...back, status: 'cancelled' }, asked);
  await tx.change(MemberRow, { ...back, status: 'skipped', code: 'device-revoked' }, asked);
  await tx.remove(ExclusionRow, back);
}

/** Ends devices that wait and that nobody tells any more, as `endedWait` of libs/rollout has it: who waits with a code has failed. */
async function endWaits(
  tx: Rows,
  of: Where<MemberRow>,
  { status, code }: { status: 'cancelled' | 'skipped'; code: ErrorCode },
  { time: changed_at, position }: OfMany,
): Promise<void> {
  const waiting = { ...of, status: 'waiting' as const };
  const ended = { not_before: null, changed_at, position };
  // Of two kinds, of which neither becomes the other.
  await pipelined(
    tx.change(MemberRow, { ...waiting, code: { not: null } }, { ...ended, status: 'failed' }),
    tx.change(MemberRow, { ...waiting, code: null }, { ...ended, status, code }),
  );
}

/** Devices that wait in waves that were planned anew go into these in their order; those that ended before their turn stay in the first. */
async function shareOutAnew(
  tx: Rows,
  { org, rollout_id }: RolloutRow,
  { waves }: AcceptedRollout,
  { data, position }: StoredEvent<'RolloutAmended'>,
): Promise<void> {
  const { from, waves: planned = [] } = data;
  if (from === undefined) return;
  const { ended, bounds } = sharesOf(waves, planned, from);
  await tx.run(SHARE_OUT, { org, rollout_id, from, ended, bounds, position });
}

async function plan(
  tx: Rows,
  org: string,
  state: AcceptedRollout,
  event: StoredEvent<'RolloutDevicesPlanned'>,
): Promise<void> {
  const { rollout_id, stage, devices, excluded } = event.data;
  const members = membersOf(state, event.data, event).map((member) => ({ org, ...member }));
  const of = { org, rollout_id, stage, planned_position: event.position };
  const rows = excluded.map(({ device_id, reason }) => ({ ...of, device_id, reason }));
  const replaced = devices.flatMap(({ device_id, replaces }) => (replaces ? [device_id] : []));
  const put = async (): Promise<void> => {
    const where = { org, rollout_id, stage, device_id: { oneOf: replaced } };
    if (replaced.length > 0) await tx.remove(MemberRow, where);
    await tx.add(MemberRow, members);
  };
  const exclude = async (): Promise<void> => {
    if (event.data.joined === true) await forgetExclusions(tx, { org, rollout_id, stage }, [...devices, ...excluded]);
    await tx.add(ExclusionRow, rows);
  };
  await pipelined(put(), exclude());
}

/** A device that is planned anew is not left out any more for the reason that it was. */
async function forgetExclusions(
  tx: Rows,
  { org, rollout_id, stage }: Pick<ExclusionRow, 'org' | 'rollout_id' | 'stage'>,
  devices: readonly { device_id: string; was_excluded?: string }[],
): Promise<void> {
  const ids = devices.flatMap(({ device_id, was_excluded }) => (was_excluded === undefined ? [] : [device_id]));
  if (ids.length === 0) return;
  await tx.remove(ExclusionRow, { org, rollout_id, stage, device_id: { oneOf: ids } });
}
