import { In, MoreThan, type EntityManager } from 'typeorm';
import { noneKept, wavesIn, isAccepted, type Kept, type Rollout } from '@edgeflow/rollout';
import { closedFleets, MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { DeviceRow } from '../devices/device.row.js';
import { tableOf } from '../query/table-of.js';

/** How the counts come from Postgres. */
type Counted = Record<'offline' | 'busy' | 'backing_off' | 'fleet_closed' | 'outranked', number> & {
  next_try_at: Date | null;
  fleets: string[] | null;
};

/**
 * Counts what keeps the devices that wait in the waves that run: each device once, by the first of its next try, being offline, being
 * busy with another update, its fleet's closed window, and a more urgent rollout that wants it.
 */
export async function keptIn(
  tables: EntityManager,
  row: Pick<RolloutRow, 'org' | 'rollout_id' | 'state' | 'priority'>,
  at: Date,
): Promise<Kept> {
  const { stage, waves } = waitingWaves(row.state);
  if (waves.length === 0) return noneKept;
  // The way back waits for no window.
  const closed = stage === 'rollback' ? [] : await closedFleets(tables, row.org, at);
  const [counted] = (await tables.query(countingIn(tables), [
    ...[row.org, row.rollout_id, stage, waves, at.toISOString()],
    ...[closed.map(({ fleet }) => fleet), row.priority, await isOutranked(tables, row)],
  ])) as Counted[];
  if (!counted) return noneKept;
  const { next_try_at, fleets, ...numbers } = counted;
  const openings = closed.flatMap(({ fleet, opens_at }) => (opens_at && fleets?.includes(fleet) ? [opens_at] : []));
  const fleet_opens_at = openings.toSorted()[0] ?? null;
  return { ...numbers, next_try_at: next_try_at?.toISOString() ?? null, fleet_opens_at };
}

/** Whether any rollout may want devices before this one: mostly there is none, and no device needs to be looked up. */
function isOutranked(tables: EntityManager, { org, priority }: Pick<RolloutRow, 'org' | 'priority'>): Promise<boolean> {
  return tables.existsBy(RolloutRow, { org, status: In(['running', 'rolling_back']), priority: MoreThan(priority) });
}

function countingIn(tables: EntityManager): string {
  const [member, device, rollout] = [MemberRow, DeviceRow, RolloutRow].map((entity) => tableOf(tables, entity));
  return `
    SELECT count(*) FILTER (WHERE kept = 'later')::int AS backing_off,
           min(not_before) FILTER (WHERE kept = 'later') AS next_try_at,
           count(*) FILTER (WHERE kept = 'offline')::int AS offline,
           count(*) FILTER (WHERE kept = 'busy')::int AS busy,
           count(*) FILTER (WHERE kept = 'closed')::int AS fleet_closed,
           array_agg(DISTINCT fleet) FILTER (WHERE kept = 'closed') AS fleets,
           count(*) FILTER (WHERE kept = 'outranked')::int AS outranked
    FROM (SELECT m.not_before, d.fleet,
                 CASE WHEN m.not_before > $5 THEN 'later'
                      WHEN NOT coalesce(d.online, false) THEN 'offline'
                      WHEN d.ota_status = 'updating' THEN 'busy'
                      WHEN d.fleet = ANY($6) THEN 'closed'
                      WHEN $8 AND EXISTS (SELECT 1 FROM ${member} om JOIN ${rollout} o ON o.org = om.org AND o.rollout_id = om.rollout_id
                                   WHERE om.org = m.org AND om.device_id = m.device_id AND om.status = 'waiting'
                                     AND o.status IN ('running', 'rolling_back') AND o.priority > $7) THEN 'outranked'
                 END AS kept
          FROM ${member} m LEFT JOIN ${device} d ON d.org = m.org AND d.device_id = m.device_id
          WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = $3 AND m.wave = ANY($4) AND m.status = 'waiting') w`;
}

function waitingWaves(state: Rollout): { stage: 'forward' | 'rollback'; waves: number[] } {
  const stage = state.status === 'rolling_back' ? 'rollback' : 'forward';
  const moves = isAccepted(state) && (state.status === 'running' || state.status === 'rolling_back');
  const all = moves ? wavesIn(state, stage) : [];
  const waves = all.flatMap(({ status, counts }, index) => (status === 'running' && counts.waiting > 0 ? [index] : []));
  return { stage, waves };
}
