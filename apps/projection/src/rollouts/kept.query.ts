import type { EntityManager } from 'typeorm';
import { noneKept, wavesIn, isAccepted, type Kept, type Rollout } from '@edgeflow/rollout';
import { MemberRow, type RolloutRow } from '@edgeflow/rollout-rows';
import { DeviceRow } from '../devices/device.row.js';
import { tableOf } from '../query/table-of.js';

/** How the counts come from Postgres. */
type Counted = Record<'offline' | 'busy' | 'backing_off', number> & { next_try_at: Date | null };

/**
 * Counts what keeps the devices that wait in the waves that run: each device once, by the first of its next try, being offline, and
 * being busy with another update.
 */
export async function keptIn(
  tables: EntityManager,
  { org, rollout_id, state }: Pick<RolloutRow, 'org' | 'rollout_id' | 'state'>,
  at: Date,
): Promise<Kept> {
  const { stage, waves } = waitingWaves(state);
  if (waves.length === 0) return noneKept;
  const [counted] = (await tables.query(
    `SELECT count(*) FILTER (WHERE later)::int AS backing_off,
            min(not_before) FILTER (WHERE later) AS next_try_at,
            count(*) FILTER (WHERE NOT later AND NOT online)::int AS offline,
            count(*) FILTER (WHERE NOT later AND online AND updating)::int AS busy
     FROM (SELECT m.not_before, coalesce(m.not_before > $5, false) AS later, coalesce(d.online, false) AS online,
                  coalesce(d.ota_status = 'updating', false) AS updating
           FROM ${tableOf(tables, MemberRow)} m
           LEFT JOIN ${tableOf(tables, DeviceRow)} d ON d.org = m.org AND d.device_id = m.device_id
           WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = $3 AND m.wave = ANY($4) AND m.status = 'waiting') w`,
    [org, rollout_id, stage, waves, at.toISOString()],
  )) as Counted[];
  if (!counted) return noneKept;
  return { ...counted, next_try_at: counted.next_try_at?.toISOString() ?? null };
}

function waitingWaves(state: Rollout): { stage: 'forward' | 'rollback'; waves: number[] } {
  const stage = state.status === 'rolling_back' ? 'rollback' : 'forward';
  const moves = isAccepted(state) && (state.status === 'running' || state.status === 'rolling_back');
  const all = moves ? wavesIn(state, stage) : [];
  const waves = all.flatMap(({ status, counts }, index) => (status === 'running' && counts.waiting > 0 ? [index] : []));
  return { stage, waves };
}
