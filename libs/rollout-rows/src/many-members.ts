import type { EntityManager } from 'typeorm';
import type { EventName, StoredEvent } from '@edgeflow/contracts';
import { insertMissing } from '@edgeflow/fold';
import { isAccepted, membersOf } from '@edgeflow/rollout';
import { ExclusionRow, MemberRow } from './member.row.js';
import type { RolloutRow } from './rollout.row.js';

/** The events that change devices by the thousand. */
const OF_MANY = ['RolloutDevicesPlanned', 'RolloutAborted', 'RollbackTriggered', 'RolloutRetried'] as const;
export type OfMany = StoredEvent<(typeof OF_MANY)[number]>;

/** True for an event that changes many devices of a rollout at once. */
export function isOfMany(event: StoredEvent): event is OfMany {
  return (OF_MANY as readonly EventName[]).includes(event.type);
}

/** Changes the rows of the devices as `evolve` of libs/rollout changes their counts. @param rollout as it was before the event */
export async function changeMany(tx: EntityManager, rollout: RolloutRow, event: OfMany): Promise<void> {
  if (!isAccepted(rollout.state) || event.position <= rollout.position) return;
  switch (event.type) {
    case 'RolloutDevicesPlanned':
      return plan(tx, rollout, event);
    case 'RolloutAborted':
    case 'RollbackTriggered':
      return cancelWaiting(tx, rollout, event);
    case 'RolloutRetried':
      return retryFailed(tx, rollout, event);
  }
}

async function plan(
  tx: EntityManager,
  { org, state }: RolloutRow,
  event: StoredEvent<'RolloutDevicesPlanned'>,
): Promise<void> {
  if (!isAccepted(state)) return;
  const { rollout_id, stage, devices, excluded } = event.data;
  const members = membersOf(state, event.data, event).map((member) => ({ org, ...member }));
  await insertMissing(tx, MemberRow, members);
  if (event.data.joined === true) await forgetExclusions(tx, { org, rollout_id, stage }, [...devices, ...excluded]);
  const rows = excluded.map(({ device_id, reason }) => ({ org, rollout_id, stage, device_id, reason }));
  await insertMissing(tx, ExclusionRow, rows);
}

/** A device that is planned anew is not left out any more for the reason that it was. */
async function forgetExclusions(
  tx: EntityManager,
  { org, rollout_id, stage }: Pick<ExclusionRow, 'org' | 'rollout_id' | 'stage'>,
  devices: readonly { device_id: string; was_excluded?: string }[],
): Promise<void> {
  const ids = devices.flatMap(({ device_id, was_excluded }) => (was_excluded === undefined ? [] : [device_id]));
  if (ids.length === 0) return;
  await tx
    .createQueryBuilder()
    .delete()
    .from(ExclusionRow)
    .where('org = :org AND rollout_id = :rollout_id AND stage = :stage AND device_id = ANY(:ids)', {
      ...{ org, rollout_id, stage, ids },
    })
    .execute();
}

async function cancelWaiting(
  tx: EntityManager,
  { org, rollout_id }: RolloutRow,
  { type, time, position }: StoredEvent,
): Promise<void> {
  const code = type === 'RolloutAborted' ? 'rollout-aborted' : 'rollout-rolled-back';
  const change = { status: 'cancelled' as const, code, detail: null, not_before: null, changed_at: time, position };
  await tx.update(MemberRow, { org, rollout_id, status: 'waiting' }, change);
}

async function retryFailed(
  tx: EntityManager,
  { org, rollout_id }: RolloutRow,
  { time, position }: StoredEvent,
): Promise<void> {
  await tx
    .createQueryBuilder()
    .update(MemberRow)
    .set({ status: 'waiting', tries_before: () => 'attempt', not_before: null, changed_at: time, position })
    .where({ org, rollout_id, stage: 'forward', status: 'failed' })
    .execute();
}
