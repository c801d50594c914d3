import type { Query, Rows } from '@edgeflow/fold';
import { open, sumOf, wavesIn, type AcceptedRollout } from '@edgeflow/rollout';
import type { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { RECALLABLE, membersWith, type Superseded } from './candidates.js';
import { claimerOf, claimersOf, isClaimed, type Claimers } from './claims.js';

const CLAIMERS = { all: '$4::text[]', aborted: '$5::text[]', lower: '$6::text[]' };

/** @param version of the rollout */
export interface OfClaimed extends Pick<RolloutRow, 'org' | 'rollout_id' | 'version'> {
  stage: MemberRow['stage'];
  claimers: Claimers;
  limit: number;
}

/** Devices of a rollout that others have, of a kind. Models: memory/lost-devices.model.ts. */
function claimed(name: string, kind: string, namesVersion = false): Query<OfClaimed, Superseded> {
  const claimer = `CROSS JOIN LATERAL ${claimerOf('l', CLAIMERS)} AS claimer (rollout_id)`;
  return {
    name,
    sql: `${membersWith(', claimer.rollout_id AS superseded_by', claimer)}
      WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = $3 AND ${kind}
      ORDER BY m.wave DESC, m.rank DESC LIMIT $7`,
    bind: ({ org, rollout_id, stage, claimers: { all, aborted, lower }, limit, version }) => [
      ...[org, rollout_id, stage, all, aborted, lower, limit],
      ...(namesVersion ? [version] : []),
    ],
  };
}

export const CLAIMED_WAITING = claimed('claimed-waiting', `m.status = 'waiting'`);
export const CLAIMED_OPEN = claimed('claimed-open', RECALLABLE);
/** On the way back. */
export const CLAIMED_MOVED = claimed(
  'claimed-moved',
  `m.status = 'waiting' AND NOT l.busy AND l.version IS DISTINCT FROM $8`,
  true,
);

/**
 * Devices that a later rollout has taken over from a rollout: those that wait, in whichever wave, and those whose update may still be
 * withdrawn. On the way back only those that wait and do not run the rollout's version any more. The last ones first: while devices wait behind a wave, somebody
 * would be asked for what it has proved.
 */
export async function lostDevices(
  tables: Rows,
  row: RolloutRow,
  stage: MemberRow['stage'],
  limit: number,
): Promise<{ ended: Superseded[]; recalled: Superseded[] }> {
  const { org, rollout_id, version } = row;
  const claimers = await claimersOf(tables, row);
  if (!isClaimed(claimers)) return { ended: [], recalled: [] };
  const of = { org, rollout_id, version, stage, claimers, limit };
  if (stage === 'rollback') return { ended: await tables.select(CLAIMED_MOVED, of), recalled: [] };
  const ended = await tables.select(CLAIMED_WAITING, of);
  return { ended, recalled: ended.length > 0 ? [] : await tables.select(CLAIMED_OPEN, of) };
}

/** True while a later rollout may take devices over: one that is only scheduled may lose them too. */
export function mayLose(state: AcceptedRollout): boolean {
  if (!['accepted', 'running', 'paused', 'rolling_back'].includes(state.status)) return false;
  const stage = state.status === 'rolling_back' ? 'rollback' : 'forward';
  return open(sumOf(wavesIn(state, stage))) > 0;
}

/** How the update of a device is taken back that a later rollout has. */
export function recallOf(
  { rollout_id }: RolloutRow,
  { last: cause }: AcceptedRollout,
  { superseded_by }: Pick<Superseded, 'superseded_by'>,
) {
  return { type: 'Withdraw', rollout_id, why: 'superseded', superseded_by, cause } as const;
}
