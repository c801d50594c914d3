import { In, type EntityManager } from 'typeorm';
import { isAccepted, isPostponed, stateOf, waitingFor, type RolloutState, type WaitingFor } from '@edgeflow/rollout';
import { PostgresRows } from '@edgeflow/fold';
import { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { withheldIn } from '../kept.select.js';

/** Rollouts that are looked at, of those that have the device. */
const SHOWN = 10;

/** A rollout that has the device and has not told it, with everything that keeps the rollout. */
export interface RolloutWait extends Pick<MemberRow, 'rollout_id' | 'stage' | 'wave' | 'version' | 'code'> {
  reason: 'rollout';
  text: string;
  state: RolloutState;
  /** It is not told before; null where the rollout alone keeps it. */
  until: string | null;
  waiting_for: WaitingFor[];
}

/** The rollouts that are to tell the device, and why they have not: those that it waits in, and those whose time has come where somebody had put the update off. */
export async function rolloutWaits(
  tables: EntityManager,
  of: { org: string; device_id: string },
  at: Date,
): Promise<RolloutWait[]> {
  const members = await tables.find(MemberRow, { where: { ...of, status: In(['waiting', 'in_flight'] as const) } });
  const mine = members.filter((member) => member.status === 'waiting' || isDueAgain(member, at));
  const ids = mine.map(({ rollout_id }) => rollout_id);
  if (ids.length === 0) return [];
  const rows = await tables.find(RolloutRow, {
    where: { org: of.org, rollout_id: In(ids) },
    order: { first_position: 'DESC' },
    take: SHOWN,
  });
  const waits: RolloutWait[] = [];
  for (const row of rows) {
    const { rollout_id, state: rollout } = row;
    const member = mine.find((one) => one.rollout_id === rollout_id);
    if (!member || !isAccepted(rollout)) continue;
    const waiting_for = waitingFor(rollout, at, await withheldIn(new PostgresRows(tables), row, at));
    waits.push(waitIn(member, stateOf(rollout), waiting_for, at));
  }
  return waits;
}

/** Somebody had put the update off, that time is over, and the rollout has not told the device again. */
function isDueAgain(member: MemberRow, at: Date): boolean {
  return isPostponed(member) && member.not_before !== null && Date.parse(member.not_before) <= at.getTime();
}

function waitIn(
  { rollout_id, stage, wave, version, code, not_before }: MemberRow,
  state: RolloutState,
  waiting_for: WaitingFor[],
  at: Date,
): RolloutWait {
  const until = not_before !== null && Date.parse(not_before) > at.getTime() ? not_before : null;
  const place = `The device waits in wave ${wave} of rollout ${rollout_id} (${state.replaceAll('_', ' ')}) to be told of ${version}`;
  const failed = code === null || until === null ? '' : `; it has failed (${code}) and tries again from ${until} on`;
  const reasons = waiting_for.map(({ reason }) => reason.replaceAll('_', ' ')).join(', ');
  const kept = reasons === '' ? '' : `; the rollout waits for: ${reasons}`;
  return {
    reason: 'rollout',
    text: `${place}${failed}${kept}.`,
    ...{ rollout_id, stage, wave, version, state, code, until, waiting_for },
  };
}
