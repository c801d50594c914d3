import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutFilter } from '@edgeflow/contracts';
import { createRows, openDatabase, type PostgresFoldDatabase } from '@edgeflow/fold';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { startTestPostgres, type TestPostgres } from '@edgeflow/testkit';
import { ENTITIES } from '../processors/orchestrator.fold.js';
import { nextJoiners } from './joiners.js';

/** More than are looked at in one go. */
const OTHERS = 1_100;

let postgres: TestPostgres;
let database: PostgresFoldDatabase;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.url, { schema: 'orchestrator', entities: ENTITIES });
  await createRows(database);
  await database.query(
    `INSERT INTO device_lane (org, device_id, lane_position, position, due, registration, model, fleet, version, online, state)
     SELECT 'acme', 'dev_' || n, 0, n, false, 'registered', 'm1', 'north', '3.0.0', true, '{}'::jsonb FROM generate_series(1, ${OTHERS}) n
     UNION ALL SELECT 'acme', 'z_old', 0, 1, false, 'registered', 'm1', 'north', '1.0.0', true, '{}'::jsonb
     UNION ALL SELECT 'acme', 'z_rc', 0, 1, false, 'registered', 'm1', 'north', '1.9.0-rc.1', true, '{}'::jsonb
     UNION ALL SELECT 'acme', 'z_silent', 0, 1, false, 'registered', 'm1', 'north', NULL, true, '{}'::jsonb
     UNION ALL SELECT 'acme', 'z_named', 0, 1, false, 'registered', 'm1', 'north', 'factory-2019', true, '{}'::jsonb
     UNION ALL SELECT 'globex', 'z_other', 0, 1, false, 'registered', 'm1', 'north', '1.0.0', true, '{}'::jsonb`,
  );
  await database.query(
    `INSERT INTO firmware (org, firmware_id, model, version, sha256, size, key, revoked)
     VALUES ('acme', 'fw_1', 'm1', '2.0.0', '', 1, '', false)`,
  );
});

afterAll(async () => {
  await database.destroy();
  await postgres.stop();
});

async function joiners(filter: RolloutFilter) {
  const spec = { version: '2.0.0', target: { filter }, strategy: { type: 'all_at_once' }, membership: 'continuous' };
  const state = { status: 'running', spec } as unknown as RolloutRow['state'];
  const row = { org: 'acme', rollout_id: 'rol_1', state } as RolloutRow;
  const planned = await nextJoiners(database.rows, row, new Date());
  // Whether their firmware may be told them is another matter.
  return planned && [...planned.devices, ...planned.excluded].map(({ device_id }) => device_id);
}

describe('devices that may join a rollout with a filter of versions', () => {
  it('are found behind a page of devices that do not fit, and nobody else is', async () => {
    expect(await joiners({ version: '<2.0.0' })).toEqual(['z_old', 'z_rc']);
    expect(await joiners({ fleet: 'north', version: '^1.0.0' })).toEqual(['z_old', 'z_rc']);
  });

  it('are none where nobody runs such a version', async () => {
    expect(await joiners({ version: '>=4.0.0' })).toBeUndefined();
    expect(await joiners({ fleet: 'south', version: '<2.0.0' })).toBeUndefined();
  });
});
