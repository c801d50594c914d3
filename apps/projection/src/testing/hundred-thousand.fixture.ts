import type pg from 'pg';

/** So many devices there are, and as many members of one rollout, devices that it left out, and lines of the audit trail. */
const DEVICES = 100_000;
export const ROLLOUT = 'rol_large';

/** A number from 0 to 99,999 for each row and purpose, in no order. */
const drawn = (purpose: number): string => `(hashint8extended(n, ${purpose}) & 2147483647) % ${DEVICES}`;
/** One of some values for each row, in these shares of 100,000. */
function share(purpose: number, shares: readonly (readonly [value: string, of: number])[]): string {
  let sum = 0;
  const whens = shares.map(([value, of]) => `WHEN ${drawn(purpose)} < ${(sum += of)} THEN ${value}`);
  return `CASE ${whens.join(' ')} END`;
}

const STATUS = share(1, [["'failed'", 300], ["'updating'", 100], ["'idle'", 20], ["'completed'", 99_580]]); // prettier-ignore
const VERSION = share(2, [
  ["'0.9.0'", 30],
  ["'1.1.0'", 49_970],
  ["'1.0.0'", 50_000],
]);
const TARGET = share(3, [
  ["'2.0.0'", 60],
  ['NULL', 30_000],
  ["'1.1.0'", 69_940],
]);
const MEMBER = share(4, [["'failed'", 200], ["'in_flight'", 100], ["'cancelled'", 30], ["'skipped'", 30], ["'waiting'", 49_640], ["'succeeded'", 50_000]]); // prettier-ignore

const ROWS = `FROM generate_series(1, ${DEVICES}) AS n`;
const ID = `'dev_' || lpad(n::text, 6, '0')`;
const TIME = `timestamptz '2026-01-01' + n * interval '1 minute'`;
/** Frequent and rare ones. */
const TAGS = `ARRAY['site-' || ${drawn(5)} % 400] || CASE WHEN ${drawn(6)} < 50000 THEN ARRAY['lab'] ELSE ARRAY[]::text[] END`;

/** All of it, by another hand than the fold's, which is taken for the fold's. */
const STATEMENTS = [
  `SELECT set_config('edgeflow.folding', 'on', true)`,
  `INSERT INTO device (org, device_id, current_version, target_version, ota_status, progress, model, fleet, tags, online,
     registered_at, revoked, confirmed, drifted, attempts, position)
   SELECT 'acme', ${ID}, ${VERSION}, ${TARGET}, ${STATUS}, 0, 'm' || ${drawn(7)} % 300, 'f' || ${drawn(8)} % 500, ${TAGS},
     ${drawn(9)} > 200, ${TIME}, false, true, ${drawn(10)} < 200, '{}', n ${ROWS}`,
  `INSERT INTO device_tag SELECT org, device_id, unnest(tags) FROM device`,
  `INSERT INTO rollout (org, rollout_id, status, priority, active, claims, lane_position, first_position, position, state)
   VALUES ('acme', '${ROLLOUT}', 'running', 0, true, true, 1, 1, 1, '{"status": "none"}')`,
  `INSERT INTO rollout_member (org, rollout_id, stage, device_id, rank, wave, status, version, attempt, tries_before, joined,
     changed_at, position)
   SELECT 'acme', '${ROLLOUT}', CASE WHEN n % 50 = 0 THEN 'rollback' ELSE 'forward' END, ${ID}, n, n / 1000, ${MEMBER}, '2.0.0',
     1, 0, false, ${TIME}, n ${ROWS}`,
  `INSERT INTO rollout_exclusion (org, rollout_id, stage, device_id, reason, planned_position)
   SELECT 'acme', '${ROLLOUT}', 'forward', ${ID}, 'model-mismatch', n ${ROWS}`,
  `INSERT INTO audit (org, seq, position, time, event_id, event_type, source, actor_kind, actor, roles, action, resource,
     outcome, code, prev_hash, hash)
   SELECT 'acme', n, n, ${TIME}, 'evt_' || n, 'ActionRecorded', '/spec', 'member', 'user-' || ${drawn(11)} % 500, '[]',
     'POST /v' || ${drawn(12)} % 500, '/v1', CASE WHEN ${drawn(13)} < 300 THEN 'denied' ELSE 'succeeded' END,
     CASE WHEN ${drawn(13)} < 300 THEN 'forbidden' END, 'p', 'h' ${ROWS}`,
];

/** Fills the tables of a projection that has folded nothing yet. Tables of which there is one row for each device, or more: */
export const LARGE_TABLES = ['device', 'device_tag', 'rollout_member', 'rollout_exclusion', 'audit'];

export async function fill(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  for (const statement of STATEMENTS) await client.query(statement);
  await client.query('COMMIT');
  await client.query('VACUUM ANALYZE');
}
