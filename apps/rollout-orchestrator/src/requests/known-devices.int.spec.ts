import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unknownDevice, updateDecider, type DeviceUpdateState } from '@edgeflow/device-update';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { createRows, openDatabase, type PostgresFoldDatabase } from '@edgeflow/fold';
import { startTestNats, startTestPostgres, type TestNats, type TestPostgres } from '@edgeflow/testkit';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { ENTITIES } from '../processors/orchestrator.fold.js';
import { KnownDevices } from './known-devices.js';

let postgres: TestPostgres;
let nats: TestNats;
let log: EventLog;
let database: PostgresFoldDatabase;
let known: KnownDevices;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startTestPostgres(), startTestNats()]);
  database = await openDatabase(postgres.url, { schema: 'orchestrator', entities: ENTITIES });
  await createRows(database);
  log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
  known = new KnownDevices(log, database, { waitFor: async () => undefined });
});
afterAll(async () => {
  await log.close();
  await nats.stop();
  await database.destroy();
  await postgres.stop();
});

/** The row of a device for which so many requests wait. */
async function asked(device_id: string, requests: number): Promise<void> {
  let state: DeviceUpdateState = unknownDevice;
  for (let position = 1; position <= requests; position++) {
    const about = { id: `r_${position}`, source: '/team', time: '2026-11-28T12:00:00.000Z', correlation_id: 'c' };
    const where = { org: 'acme', entity: 'request', entity_id: `r_${position}`, position } as const;
    state = updateDecider.evolve(state, {
      ...about,
      ...where,
      type: 'UpdateRequested',
      data: { device_id, version: '1.0.0' },
    });
  }
  const row = { org: 'acme', device_id, lane_position: 0, position: requests, due: true, wake_at: null, state };
  await database.manager.insert(DeviceStateRow, row);
}

describe('a device', () => {
  it('has room for 32 requests that wait for a decision, and for no more', async () => {
    await asked('dev_31', 31);
    await asked('dev_32', 32);
    expect(await known.hasRoom('acme', 'dev_31')).toBe(true);
    expect(await known.hasRoom('acme', 'dev_32')).toBe(false);
  });

  it('has room when nothing is known of it, and whatever waits for its namesake in another organization', async () => {
    expect(await known.hasRoom('acme', 'nobody')).toBe(true);
    expect(await known.hasRoom('globex', 'dev_32')).toBe(true);
  });
});
