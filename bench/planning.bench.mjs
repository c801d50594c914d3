/** Planning a rollout: from its request to the plan in the log. */
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { rolloutStream } from '@edgeflow/contracts';
import { startPostgres } from '@edgeflow/embedded';
import { noTrust } from '@edgeflow/firmware';
import { createRows, openDatabase } from '@edgeflow/fold';
import { rolloutDecider } from '@edgeflow/rollout';
import { ENTITIES } from '../apps/rollout-orchestrator/dist/processors/orchestrator.fold.js';
import { appendToRollout } from '../apps/rollout-orchestrator/dist/rollouts/append-to-rollout.js';
import { makePlan } from '../apps/rollout-orchestrator/dist/rollouts/plan.js';
import { bareBatch } from './rig/bare-append.mjs';
import { claim } from './rig/measure.mjs';
import { ROUNDS, rate } from './rig/rate.mjs';
import { onFolder, startLog } from './rig/servers.mjs';

const PAGE = 2_000;
/** Devices in one event. */
const CHUNK = 1_000;

const spec = {
  version: '2.0.0',
  target: { fleet: 'bench' },
  strategy: { type: 'canary', percent: 1, soak_s: 600, then: { type: 'rolling', batch_percent: 10 } },
};

/** The rows that the fold would have of so many registered devices: every tenth has a model that the version has no image for. */
async function fill(database, size) {
  await database.query(
    `INSERT INTO device_lane (org, device_id, lane_position, position, due, registration, model, fleet, tags, version, online, busy, state)
     SELECT 'bench', 'dev_' || n, 0, n, false, 'registered', CASE WHEN n % 10 = 0 THEN 'm2' ELSE 'm1' END, 'bench', '{}', '1.0.0', true, false, '{}'
     FROM generate_series(1, ${size}) n`,
  );
  await database.query(
    `INSERT INTO firmware (org, firmware_id, model, version, sha256, size, key, revoked)
     VALUES ('bench', 'fw_1', 'm1', '2.0.0', $1, 10, 'firmware/bench/2.0.0/x.bin', false)`,
    ['a'.repeat(64)],
  );
  const state = JSON.stringify({ ...noTrust, signature: 'optional' });
  await database.query(`INSERT INTO trust (org, position, state) VALUES ('bench', 1, $1)`, [state]);
}

/** @throws Untrue unless the log holds an accepted plan with so many devices */
async function assertPlanned(log, row, count) {
  const events = await log.read(rolloutStream(row));
  const types = events.map(({ type }) => type);
  claim(types.includes('RolloutAccepted'), `the rollout was not accepted: ${types.join(', ')}`);
  const planned = events.flatMap(({ type, data }) => (type === 'RolloutDevicesPlanned' ? data.devices : []));
  claim(new Set(planned).size === count, `${new Set(planned).size} of ${count} devices are in the stored plan`);
}

const rowOf = (round) => ({ org: 'bench', rollout_id: `rol_${round}`, lane_position: 0 });

async function plan({ database, log }, round) {
  const row = rowOf(round);
  const { rollout_id: id } = row;
  const request = { request_id: `req_${round}`, spec, ref: { id, correlation_id: id } };
  const at = new Date();
  const { accepted, chunks } = await makePlan(database, row, request, at);
  const decided = rolloutDecider.decide(
    { type: 'Accept', accepted, planned: chunks },
    { status: 'requested', request },
  );
  claim(await appendToRollout(log, row, decided, at), 'the plan was not stored');
}

/** The same devices in an order like it, stored in as many events. */
async function bare({ database, connection }, round, count) {
  const devices = [];
  await database.transaction(async (tx) => {
    await tx.query(
      `DECLARE bare CURSOR FOR SELECT device_id FROM device_lane WHERE fleet = 'bench' AND model = 'm1' ORDER BY sha256(device_id::bytea)`,
    );
    for (let rows = [0]; rows.length > 0; devices.push(...rows.map(({ device_id }) => device_id)))
      rows = await tx.query(`FETCH ${PAGE} FROM bare`);
  });
  claim(devices.length === count, `${devices.length} of ${count} devices were read`);
  const parts = Array.from({ length: Math.ceil(count / CHUNK) }, (_, n) => devices.slice(n * CHUNK, (n + 1) * CHUNK));
  const subjects = parts.map((_, n) => `bare.${round}.${n}`);
  await bareBatch(connection, `plan-${round}`, subjects, (n) => JSON.stringify({ devices: parts[n] }));
}

function measure(size) {
  return onFolder(async (folder, atEnd) => {
    const { log, bare: connection } = await startLog(folder, atEnd);
    const postgres = await startPostgres({ dir: join(folder, 'postgres') });
    atEnd(() => postgres.stop());
    const database = await openDatabase(postgres.url, { schema: 'orchestrator', entities: ENTITIES });
    atEnd(() => database.destroy());
    await createRows(database);
    await fill(database, size);
    await (await jetstreamManager(connection)).streams.add({ name: 'BARE', subjects: ['bare.>'], allow_atomic: true });
    const count = size * 0.9;
    const ours = await rate(size, (round) => plan({ database, log }, round));
    for (let round = 0; round < ROUNDS; round++) await assertPlanned(log, rowOf(round), count);
    const ceiling = await rate(size, (round) => bare({ database, connection }, round, count));
    return [{ what: 'a plan, stored', unit: 'devices/s', ours, ceiling }];
  });
}

export default {
  title: 'planning a rollout',
  one: 'device',
  alone: true,
  ours: 'a canary rollout planned from the rows of the orchestrator, decided and appended; the log is read afterwards; every tenth device has a model without an image',
  ceiling:
    'the same rows read by a cursor in an order by SHA-256, and the ids stored in as many events of one atomic batch',
  sizes: [1_000, 10_000, 100_000],
  measure,
};
