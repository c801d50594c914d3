import {
  noneWithheld,
  nextTime,
  waitingFor,
  wavesIn,
  isAccepted,
  POSTPONED,
  type MoreUrgent,
  type Withheld,
  type Rollout,
} from '@edgeflow/rollout';
import { closedFleets, fleetsClosedTo, MemberRow, RolloutRow, type ClosedFleet } from '@edgeflow/rollout-rows';
import { pipelined, type Query, type Rows } from '@edgeflow/fold';
import { FirmwareRow } from '../rows/firmware.row.js';
import { inFlightOf } from './in-flight.select.js';
import { moreUrgentThan } from './more-urgent.select.js';

export type Row = Pick<RolloutRow, 'org' | 'rollout_id' | 'state' | 'priority'>;

/** How the counts come. */
export type Counted = Record<'offline' | 'busy' | 'backing_off' | 'fleet_closed' | 'apart' | 'outranked', number> & {
  next_try_at: Date | null;
  fleets: string[] | null;
  apart_of: string[] | null;
};

/** Of which devices that wait it is counted what keeps them. */
export interface Waiting {
  org: string;
  rollout_id: string;
  stage: 'forward' | 'rollback';
  waves: readonly number[];
  /** ISO 8601. */
  at: string;
  /** Fleets whose window is closed, and those with which the rollout has no time in common. */
  closed: readonly string[];
  apart_from: readonly string[];
  priority: number;
  /** Whether any rollout may want them before this one. */
  outranked: boolean;
}

/** Counts them, each once, by the first thing that keeps it. Model: memory/kept.model.ts. */
export const KEPT: Query<Waiting, Counted> = {
  name: 'kept',
  bind: ({ org, rollout_id, stage, waves, at, closed, priority, outranked, apart_from }) => [
    ...[org, rollout_id, stage, waves, at, closed, priority, outranked, apart_from],
  ],
  sql: `
  SELECT count(*) FILTER (WHERE kept = 'later')::int AS backing_off,
         min(not_before) FILTER (WHERE kept = 'later') AS next_try_at,
         count(*) FILTER (WHERE kept = 'offline')::int AS offline,
         count(*) FILTER (WHERE kept = 'busy')::int AS busy,
         count(*) FILTER (WHERE kept = 'closed')::int AS fleet_closed,
         array_agg(DISTINCT fleet) FILTER (WHERE kept = 'closed') AS fleets,
         count(*) FILTER (WHERE kept = 'apart')::int AS apart,
         array_agg(DISTINCT fleet) FILTER (WHERE kept = 'apart') AS apart_of,
         count(*) FILTER (WHERE kept = 'outranked')::int AS outranked
  FROM (SELECT m.not_before, d.fleet,
               CASE WHEN d.fleet = ANY($9) THEN 'apart'
                    WHEN m.not_before > $5 THEN 'later'
                    WHEN NOT coalesce(d.online, false) THEN 'offline'
                    WHEN d.ota_status = 'updating' THEN 'busy'
                    WHEN d.fleet = ANY($6) THEN 'closed'
                    WHEN $8 AND EXISTS (SELECT 1 FROM rollout_member om JOIN rollout o ON o.org = om.org AND o.rollout_id = om.rollout_id
                                 WHERE om.org = m.org AND om.device_id = m.device_id AND om.status = 'waiting'
                                   AND o.status IN ('running', 'rolling_back') AND o.priority > $7) THEN 'outranked'
               END AS kept
        FROM rollout_member m LEFT JOIN device d ON d.org = m.org AND d.device_id = m.device_id
        WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = $3 AND m.wave = ANY($4) AND m.status = 'waiting') w`,
};

/** Names of fleets that are shown. */
const FLEETS_MAX = 20;

/** What keeps the devices of a rollout that do not go on. */
export async function withheldIn(tables: Rows, row: Row, at: Date): Promise<Withheld> {
  const [waiting, in_flight] = await pipelined(waitingIn(tables, row, at), inFlightOf(tables, row));
  const postponed_until = await postponedUntil(tables, row);
  const revoked = await revokedFor(tables, row);
  const found = waiting.outranked > 0 ? await moreUrgentThan(tables, { ...row, ...waitingWaves(row.state) }) : [];
  const more_urgent = [];
  for (const one of found) more_urgent.push(await nextOf(tables, one, at));
  const withheld = { ...waiting, more_urgent, postponed_until };
  return { ...withheld, ...(revoked.length > 0 && { revoked }), ...(in_flight && { in_flight }) };
}

/** Models whose image was revoked since the rollout was accepted, while it does not run yet, or not now. */
async function revokedFor(tables: Rows, { org, state }: Row): Promise<string[]> {
  if (state.status !== 'accepted' && state.status !== 'paused') return [];
  const { version } = state.spec;
  const where = { org, version, revoked: true, deleted: false };
  const rows = await tables.range(FirmwareRow, where, { order: { model: 'asc' } });
  return rows.map(({ model }) => model);
}

/** A more urgent rollout, with the time at which it may go on itself. */
async function nextOf(tables: Rows, row: RolloutRow, at: Date): Promise<MoreUrgent> {
  const { rollout_id, state } = row;
  const next_at = isAccepted(state) ? nextTime(waitingFor(state, at, await waitingIn(tables, row, at))) : null;
  return { rollout_id, next_at };
}

/** When the first device is told again where somebody wants to update later. */
async function postponedUntil(tables: Rows, { org, rollout_id }: Row): Promise<string | null> {
  const of = { org, rollout_id, status: 'in_flight', code: POSTPONED } as const;
  const [first] = await tables.range(MemberRow, of, { order: { not_before: 'asc' }, limit: 1 });
  return first?.not_before ?? null;
}

/**
 * Counts what keeps the devices that wait in the waves that run: each device once, by the first of its fleet's window that is never open together with the
 * rollout's, its next try, being offline, being busy with another update, its fleet's closed window, and a more urgent rollout that wants it.
 */
async function waitingIn(tables: Rows, row: Row, at: Date): Promise<Withheld> {
  const { stage, waves } = waitingWaves(row.state);
  if (waves.length === 0) return noneWithheld;
  const kept = await closedTo(tables, row, stage, at);
  const closed = kept.filter(({ opens_at }) => opens_at !== null);
  const apart_from = kept.filter(({ opens_at }) => opens_at === null);
  const { org, rollout_id, priority } = row;
  const [counted] = await tables.select(KEPT, {
    ...{ org, rollout_id, stage, waves, at: at.toISOString(), priority },
    closed: closed.map(({ fleet }) => fleet),
    apart_from: apart_from.map(({ fleet }) => fleet),
    outranked: await isOutranked(tables, row),
  });
  if (!counted) return noneWithheld;
  const { next_try_at, fleets, apart_of, ...numbers } = counted;
  const openings = closed.flatMap(({ fleet, opens_at }) => (opens_at && fleets?.includes(fleet) ? [opens_at] : []));
  const times = { next_try_at: next_try_at?.toISOString() ?? null, fleet_opens_at: openings.toSorted()[0] ?? null };
  return { ...noneWithheld, ...numbers, ...times, fleets_apart: apart_of?.slice(0, FLEETS_MAX) ?? [] };
}

/** The fleets whose window keeps their devices from a rollout. The rollback waits for none. */
function closedTo(tables: Rows, { org, state }: Row, stage: 'forward' | 'rollback', at: Date): Promise<ClosedFleet[]> {
  if (stage === 'rollback') return Promise.resolve([]);
  const own = isAccepted(state) ? state.spec.window : undefined;
  return own ? fleetsClosedTo(tables, org, own, at) : closedFleets(tables, org, at);
}

/** Whether any rollout may want devices before this one: mostly there is none, and no device needs to be looked up. */
function isOutranked(tables: Rows, { org, priority }: Pick<RolloutRow, 'org' | 'priority'>): Promise<boolean> {
  const moves = { oneOf: ['running', 'rolling_back'] } as const;
  return tables.exists(RolloutRow, { org, status: moves, priority: { above: priority } });
}

function waitingWaves(state: Rollout): { stage: 'forward' | 'rollback'; waves: number[] } {
  const stage = state.status === 'rolling_back' ? 'rollback' : 'forward';
  const moves = isAccepted(state) && (state.status === 'running' || state.status === 'rolling_back');
  const all = moves ? wavesIn(state, stage) : [];
  const waves = all.flatMap(({ status, counts }, index) => (status === 'running' && counts.waiting > 0 ? [index] : []));
  return { stage, waves };
}
