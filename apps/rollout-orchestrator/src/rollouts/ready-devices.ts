import type { Query, Rows } from '@edgeflow/fold';
import { POSTPONED } from '@edgeflow/rollout';
import { MEMBERS_WITH_DEVICES, OF_WAVES, wavesOf, type OfWaves, type Waiting, type Wanted } from './candidates.js';
import { claimerOf, isClaimed, type Claimers } from './claims.js';

/** @param at ISO 8601 */
type PutOff = OfWaves & { at: string; dispatched: readonly string[] };

/** Devices that were told, and that somebody had told again later. Model: memory/ready-devices.model.ts. */
export const PUT_OFF: Query<PutOff, Waiting> = {
  name: 'put-off-devices',
  sql: `${MEMBERS_WITH_DEVICES}
    WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = $3 AND m.status = 'in_flight' AND m.code = '${POSTPONED}' AND m.wave = ANY($4)
    AND m.not_before <= $5 AND l.online AND l.state #> '{update,postponed}' IS NOT NULL AND l.state #> '{update,put_off}' IS NULL
    AND NOT m.device_id = ANY($6) ORDER BY m.wave, m.rank LIMIT $7`,
  bind: ({ org, rollout_id, stage, waves, at, dispatched, limit }) => [
    ...[org, rollout_id, stage, waves, at, dispatched, limit],
  ],
};

/**
 * Devices that a more urgent rollout waits for. A scalar subquery, which Postgres does not turn into a join: it is looked up for the few
 * devices that are read, not worked out for all.
 */
const MORE_URGENT = `(
  SELECT 1 FROM rollout_member om
  WHERE om.org = m.org AND om.rollout_id = ANY($11) AND om.stage IN ('forward', 'rollback')
    AND om.device_id = m.device_id AND om.status IN ('waiting', 'in_flight') LIMIT 1) IS NULL`;

/** On the way back: the update that is open only waits, and gives way (`givesWay` of libs/device-update). */
const GIVES_WAY = `(m.stage = 'rollback' AND l.state #>> '{update,status}' = 'queued' AND l.state #> '{update,put_off}' IS NULL
  AND l.state #> '{update,postponed,phase}' IS NULL AND l.state #>> '{update,plan,rollback}' IS DISTINCT FROM 'true')`;

/** On the way back: another update has brought the device to what it runs, so that nothing is to be told to it (`isElsewhere`). */
const IS_ELSEWHERE = `(m.stage = 'rollback' AND l.version IS DISTINCT FROM $10 AND l.version = l.state #>> '{kept,which,version}'
  AND l.state #>> '{kept,which,rollout_id}' IS DISTINCT FROM $2)`;

/** Forward whatever a later rollout wants; on the way back what it has moved on: that does not run the rollout's version any more. */
const TAKEN_FROM = `(m.stage = 'forward' OR l.version IS DISTINCT FROM $10)`;

/** There is no image of the version for the device's model: whether or not the device is there, it is told nothing. */
const NO_IMAGE = `NOT EXISTS (SELECT 1 FROM firmware f
  WHERE f.org = m.org AND f.version = m.version AND f.model = l.model AND NOT f.withdrawn)`;

const CLAIMERS = { all: '$12::text[]', aborted: '$13::text[]', lower: '$14::text[]' };

/** @param version of the rollout, at ISO 8601, others whether any rollout may have devices before this one */
export interface Told extends PutOff, Omit<Readiness, 'closed' | 'postponed'> {
  version: string | null;
  others: boolean;
}

/**
 * Online and without an open update, in no fleet whose window is closed, and not waited for by a more urgent rollout. Also those that there is nothing to tell any
 * more: revoked, of a model that the version is not for, or on the version already. Where there are no other rollouts, the planner drops what is asked of them: each
 * statement is planned for its own parameters. Model: memory/ready-devices.model.ts.
 */
export const FIRST_TOLD: Query<Told, Waiting> = {
  name: 'devices-told-first',
  sql: `${OF_WAVES}
    AND (m.not_before IS NULL OR m.not_before <= $5)
    AND (l.registration <> 'registered' OR ${NO_IMAGE} OR ((NOT l.busy OR ${GIVES_WAY})
         AND (l.online OR (l.version = m.version AND NOT $6 AND NOT l.unconfirmed) OR ${IS_ELSEWHERE})))
    AND (l.registration <> 'registered' OR l.fleet IS NULL OR NOT l.fleet = ANY($7))
    AND NOT m.device_id = ANY($8)
    AND (NOT $15 OR (${MORE_URGENT} AND NOT (${TAKEN_FROM} AND ${claimerOf('l', CLAIMERS)} IS NOT NULL)))
    ORDER BY m.wave, m.rank LIMIT $9`,
  bind: ({ org, rollout_id, stage, waves, at, limit, version, ...which }) => [
    ...[org, rollout_id, stage, waves, at, which.force, which.closedFleets, which.dispatched, limit, version],
    ...[which.moreUrgent, which.claimers.all, which.claimers.aborted, which.claimers.lower, which.others],
  ],
};

/** What else decides on who is ready. */
export interface Readiness {
  /** The rollout's window is closed: only those are told that chose the time. */
  closed?: boolean;
  /** Somebody has put the update of one of them off. */
  postponed?: boolean;
  /** Fleets whose maintenance window is closed; none for a rollback. */
  closedFleets: readonly string[];
  /** Rollouts of a higher priority that tell devices. */
  moreUrgent: readonly string[];
  /** Later rollouts that come before this one. */
  claimers: Claimers;
  /** Devices that are passed over, since they were told already and their rows do not show it yet. */
  dispatched: readonly string[];
  force: boolean;
}

/**
 * Devices that can be told now. First those that are told again after somebody there had put the update off, whatever the windows say: somebody chose the time. Then in
 * the rollout's order those that wait.
 */
export async function readyDevices(tables: Rows, wanted: Wanted, which: Readiness): Promise<Waiting[]> {
  const { closed, postponed, ...readiness } = which;
  const { moreUrgent, claimers, dispatched } = which;
  const at = wanted.at.toISOString();
  const again = postponed ? await tables.select(PUT_OFF, { ...wavesOf(wanted), at, dispatched }) : [];
  if (closed || again.length === wanted.limit) return again;
  const first = await tables.select(FIRST_TOLD, {
    ...{ ...wavesOf(wanted), ...readiness, at, limit: wanted.limit - again.length, version: wanted.row.version },
    others: moreUrgent.length > 0 || isClaimed(claimers),
  });
  return [...again, ...first];
}
