import type pg from 'pg';

/** So many devices there are, each in two rollouts that run. */
const DEVICES = 100_000;
export const ROLLOUT = 'rol_first';
export const LATER = 'rol_later';
/** Of each rollout. */
export const WAVES = 100;

/** Tables of which there is one row for each device, or more. */
export const LARGE_TABLES = ['device_lane', 'rollout_member', 'rollout_exclusion', 'update_owner'];

/** A number from 0 to 99,999 for each row and purpose, in no order. */
const drawn = (purpose: number): string => `(hashint8extended(n, ${purpose}) & 2147483647) % ${DEVICES}`;

const ROWS = `FROM generate_series(1, ${DEVICES}) AS n`;
const ID = `'dev_' || lpad(n::text, 6, '0')`;
const TIME = `timestamptz '2026-01-01' + n * interval '1 second'`;
const IS_TOLD = `${drawn(1)} < 500`;
const UPDATE = `CASE WHEN ${IS_TOLD} THEN jsonb_build_object('status', 'dispatched', 'phase', 'downloading') ELSE '{"status": "none"}' END`;

/** Of each device at least one member, in the rank of its number: most wait, in the last waves, behind those that have ended. */
function members(rollout_id: string): string {
  const status = `CASE WHEN ${IS_TOLD} THEN 'in_flight' WHEN n <= ${DEVICES * 0.4} THEN CASE WHEN ${drawn(2)} < 500 THEN 'failed' ELSE 'succeeded' END ELSE 'waiting' END`;
  return `INSERT INTO rollout_member (org, rollout_id, stage, device_id, rank, wave, status, version, from_version, deadline_at, attempt,
       tries_before, joined, changed_at, position)
     SELECT 'acme', '${rollout_id}', 'forward', ${ID}, n, (n - 1) / ${DEVICES / WAVES}, ${status}, '2.0.0', '1.0.0', ${TIME}, 1, 0, false, ${TIME}, n ${ROWS}`;
}

function rollout(rollout_id: string, first_position: number): string {
  return `INSERT INTO rollout (org, rollout_id, status, version, priority, active, claims, lane_position, first_position, position, state)
     VALUES ('acme', '${rollout_id}', 'running', '2.0.0', 0, true, true, 1, ${first_position}, 1, '{"status": "none"}')`;
}

const STATEMENTS = [
  `INSERT INTO device_lane (org, device_id, lane_position, position, due, wake_at, registration, model, fleet, version, online, busy,
     held, held_window, born_after, state)
   SELECT 'acme', ${ID}, n, n, ${drawn(3)} < 200, CASE WHEN ${IS_TOLD} THEN ${TIME} END, 'registered', 'm' || ${drawn(4)} % 100,
     'f' || ${drawn(5)} % 100, CASE WHEN n <= ${DEVICES * 0.4} THEN '2.0.0' ELSE '1.0.0' END, ${drawn(6)} < 90000, ${IS_TOLD},
     ${drawn(7)} < 100, CASE WHEN ${drawn(7)} < 50 THEN 'w1' END, CASE WHEN ${drawn(8)} < 30 THEN n + 1 END,
     jsonb_build_object('update', ${UPDATE}, 'requests', '[]'::jsonb, 'good', '[]'::jsonb, 'filler', repeat('x', 400)) ${ROWS}`,
  `INSERT INTO firmware (org, firmware_id, model, version, sha256, size, key, revoked)
   SELECT 'acme', 'fw_' || n, 'm' || n, '2.0.0', 's', 1, 'k', n < 3 FROM generate_series(0, 99) n`,
  ...[rollout(ROLLOUT, 10), rollout(LATER, 20), members(ROLLOUT), members(LATER)],
  `INSERT INTO rollout_exclusion (org, rollout_id, stage, device_id, reason) SELECT 'acme', '${LATER}', 'rollback', ${ID}, 'no-good-version' ${ROWS}`,
  `INSERT INTO update_owner SELECT 'acme', 'upd_' || n, ${ID} ${ROWS}`,
];

/** Fills empty tables of the orchestrator's fold, as the fold does. */
export async function fill(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SELECT set_config('edgeflow.folding', 'on', true)`);
  for (const statement of STATEMENTS) await client.query(statement);
  await client.query('COMMIT');
  await client.query('VACUUM ANALYZE');
}
