/** Planning a rollout over 100,000 devices, with its append to the log, against the bare sorted read of the same rows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer, startPostgres } from '@edgeflow/embedded';
import { JetStreamLog } from '@edgeflow/event-log';
import { noTrust } from '@edgeflow/firmware';
import { createRows, openDatabase } from '@edgeflow/fold';
import { rolloutDecider } from '@edgeflow/rollout';
import { ENTITIES } from '../apps/rollout-orchestrator/dist/processors/orchestrator.fold.js';
import { appendToRollout } from '../apps/rollout-orchestrator/dist/rollouts/append-to-rollout.js';
import { makePlan } from '../apps/rollout-orchestrator/dist/rollouts/plan.js';
import { rate } from './rate.mjs';

const DEVICES = 100_000;
const ROUNDS = 3;
const PAGE = 2_000;

const spec = {
  version: '2.0.0',
  target: { fleet: 'bench' },
  strategy: { type: 'canary', percent: 1, soak_s: 600, then: { type: 'rolling', batch_percent: 10 } },
};

/** The rows that the fold would have of so many registered devices: a bench of planning is no bench of folding. */
async function fill(database) {
  await database.query(
    `INSERT INTO device_lane (org, device_id, lane_position, position, due, registration, model, fleet, tags, version, online, busy, state)
     SELECT 'bench', 'dev_' || n, 0, n, false, 'registered', CASE WHEN n % 10 = 0 THEN 'm2' ELSE 'm1' END, 'bench', '{}', '1.0.0', true, false, '{}'
     FROM generate_series(1, ${DEVICES}) n`,
  );
  const sha256 = 'a'.repeat(64);
  await database.query(
    `INSERT INTO firmware (org, firmware_id, model, version, sha256, size, key, revoked)
     VALUES ('bench', 'fw_1', 'm1', '2.0.0', $1, 10, 'firmware/bench/2.0.0/x.bin', false)`,
    [sha256],
  );
  await database.query(`INSERT INTO trust (org, position, state) VALUES ('bench', 1, $1)`, [
    JSON.stringify({ ...noTrust, signature: 'optional' }),
  ]);
}

async function bare(database) {
  await database.transaction(async (tx) => {
    await tx.query(
      `DECLARE bare CURSOR FOR SELECT device_id FROM device_lane WHERE fleet = 'bench' ORDER BY sha256(device_id::bytea)`,
    );
    for (let rows = [0]; rows.length > 0;) rows = await tx.query(`FETCH ${PAGE} FROM bare`);
  });
}

export default async function bench() {
  const dir = mkdtempSync(join(tmpdir(), 'edgeflow-bench-'));
  const nats = await startNatsServer({ dir: join(dir, 'nats') });
  const postgres = await startPostgres({ dir: join(dir, 'postgres') });
  const log = await JetStreamLog.connect({ servers: nats.url, name: 'bench' });
  const database = await openDatabase(postgres.url, { schema: 'orchestrator', entities: ENTITIES });
  await createRows(database);
  try {
    await fill(database);
    const plan = async (round) => {
      const id = `rol_${round}`;
      const request = { request_id: `req_${round}`, spec, ref: { id, correlation_id: id } };
      const row = { org: 'bench', rollout_id: id, lane_position: 0 };
      const at = new Date();
      const { accepted, chunks } = await makePlan(database, row, request, at);
      const planned = chunks.reduce((sum, { devices }) => sum + devices.length, 0);
      // The others have a model that the version has no image for.
      if (planned !== DEVICES * 0.9) throw new Error(`${planned} devices were planned`);
      const command = { type: 'Accept', accepted, planned: chunks };
      const decided = rolloutDecider.decide(command, { status: 'requested', request });
      if (!(await appendToRollout(log, row, decided, at))) throw new Error('the plan was not stored');
    };
    return [
      {
        what: `a plan over ${DEVICES.toLocaleString('en')} devices, stored`,
        unit: 'devices/s',
        ours: await rate(DEVICES, plan, ROUNDS),
        ceiling: await rate(DEVICES, () => bare(database), ROUNDS),
      },
    ];
  } finally {
    await log.close();
    await database.destroy();
    await postgres.stop();
    await nats.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
