import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresRows, createRows, openDatabase, type PostgresFoldDatabase } from '@edgeflow/fold';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { startTestPostgres, type TestPostgres } from '@edgeflow/testkit';
import { ENTITIES } from '../processors/orchestrator.fold.js';
import { readyDevices } from './ready-devices.js';

const DEVICES = 5_000;
/** Far more than the look-ups take, far less than to compare all devices with all. */
const PATIENCE_MS = 5_000;

describe('the devices that a rollout may tell', () => {
  let postgres: TestPostgres;
  let database: PostgresFoldDatabase;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    database = await openDatabase(postgres.url, { schema: 'orchestrator', entities: ENTITIES });
    await createRows(database);
  });

  afterAll(async () => {
    await database.destroy();
    await postgres.stop();
  });

  /** Rows as the fold writes them, that Postgres has no statistics of: the first rollout of a fleet. */
  async function fill(): Promise<RolloutRow> {
    for (const table of ['device_lane', 'rollout_member', 'rollout']) {
      await database.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
    }
    await database.query(
      `INSERT INTO device_lane (org, device_id, lane_position, position, due, registration, online, state)
       SELECT 'acme', 'dev_' || n, 0, n, false, 'registered', true, '{}' FROM generate_series(1, ${DEVICES}) n`,
    );
    await database.query(
      `INSERT INTO rollout_member
         (org, rollout_id, stage, device_id, rank, wave, status, version, attempt, tries_before, joined, changed_at, position)
       SELECT 'acme', 'rol_1', 'forward', 'dev_' || n, n, 0, 'waiting', '2.0.0', 0, 0, false, now(), n
       FROM generate_series(1, ${DEVICES}) n`,
    );
    const rollout = {
      org: 'acme',
      rollout_id: 'rol_1',
      status: 'running',
      priority: 0,
      active: true,
      claims: true,
      state: {},
    };
    await database.manager.insert(RolloutRow, {
      ...(rollout as RolloutRow),
      ...{ lane_position: 1, first_position: 1, position: 1 },
    });
    return database.manager.findOneByOrFail(RolloutRow, { rollout_id: 'rol_1' });
  }

  it('are found at once in tables that were filled just now, without those that were told', async () => {
    const row = await fill();
    const found = await database.transaction(async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = ${PATIENCE_MS}`);
      const wanted = { row, stage: 'forward', waves: [0], limit: 450, at: new Date() } as const;
      return readyDevices(new PostgresRows(tx), wanted, {
        closedFleets: [],
        moreUrgent: [],
        claimers: { all: [], aborted: [], lower: [] },
        dispatched: ['dev_1', 'dev_3'],
        force: false,
      });
    });
    expect(found).toHaveLength(450);
    expect(found.slice(0, 3).map(({ device_id }) => device_id)).toEqual(['dev_2', 'dev_4', 'dev_5']);
  });
});
