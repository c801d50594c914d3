import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRows, openDatabase, type PostgresFoldDatabase, type Query } from '@edgeflow/fold';
import { planOf, startTestPostgres, type TestPostgres } from '@edgeflow/testkit';
import { DUE_DEVICES, WAITING_FOR_REVOKED } from '../devices/due-devices.js';
import { HELD_WINDOWS } from '../devices/timed-updates.js';
import { orchestratorModels } from '../memory.js';
import { ENTITIES } from '../processors/orchestrator.fold.js';
import { TO_DECIDE } from '../processors/rollouts.processor.js';
import { TO_BRING_BACK } from '../rollouts/bring-back.js';
import { RECALLABLE_DEVICES, UNREACHABLE } from '../rollouts/candidates.js';
import { LATER_CLAIMERS } from '../rollouts/claims.js';
import { DEPARTED } from '../rollouts/departed.js';
import { JOINERS } from '../rollouts/joiners.js';
import { CLAIMED_MOVED, CLAIMED_OPEN, CLAIMED_WAITING } from '../rollouts/lost-devices.js';
import { LOST_SUCCESSES } from '../rollouts/lost-successes.js';
import { FIRST_TOLD, PUT_OFF } from '../rollouts/ready-devices.js';
import { SHARES } from '../rollouts/shared-devices.js';
import { RUNNING_VERSIONS, TARGETED_DEVICES } from '../rollouts/targeted-devices.js';
import { ON_THE_WAY } from '../rollouts/ways-back.js';
import { DEVICES_OF_FIRMWARE, ROLLOUTS_OF_FIRMWARE } from '../rows/firmware-use.js';
import { LARGE_TABLES, LATER, ROLLOUT, WAVES, fill } from '../testing/hundred-thousand.fixture.js';

/* What the orchestrator asks again and again, over as many rows as a large fleet has: which of them are read, and how many. */

let postgres: TestPostgres;
let database: PostgresFoldDatabase;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.url, { schema: 'spec', entities: ENTITIES });
  await createRows(database);
  client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`SET search_path TO "${database.sees}"`);
  await fill(client);
}, 120_000);

afterAll(async () => {
  await client.end();
  await database.close();
  await postgres.stop();
});

interface Asked {
  text: string;
  values: readonly unknown[];
}

const asked = new Map<string, Asked[]>();
function ask<P, R>({ name, sql, bind }: Query<P, R>, parameters: P): void {
  asked.set(name, [...(asked.get(name) ?? []), { text: sql, values: bind(parameters) }]);
}

const LIMIT = 300;
const at = new Date('2026-01-01T01:00:00Z');
const of = { org: 'acme', rollout_id: ROLLOUT };
const running = { ...of, stage: 'forward' as const, waves: [40, 41], limit: LIMIT };
const last = { ...of, stage: 'forward' as const, waves: [WAVES - 1], limit: LIMIT };
const none = { all: [], aborted: [], lower: [] };
const claimers = { ...none, all: [LATER] };
const told = { closedFleets: [], dispatched: [], force: false, at: at.toISOString(), version: '2.0.0' };

ask(DUE_DEVICES, { has_room: true, at, held: undefined, limit: LIMIT });
ask(DUE_DEVICES, { has_room: false, at, held: undefined, limit: LIMIT });
ask(DUE_DEVICES, { has_room: true, at, held: { open: ['w1'], closed: [] }, limit: LIMIT });
ask(HELD_WINDOWS, {});
ask(TO_DECIDE, {});
ask(DEPARTED, { limit: LIMIT });
ask(LATER_CLAIMERS, { org: 'acme', first_position: 10, priority: 0, version: '1.0.0' });
for (const waves of [running, last]) {
  ask(UNREACHABLE, { ...waves, since: at.toISOString(), fleets: [] });
  ask(PUT_OFF, { ...waves, at: at.toISOString(), dispatched: [] });
  ask(FIRST_TOLD, { ...waves, ...told, moreUrgent: [], claimers: none, others: false });
  ask(FIRST_TOLD, { ...waves, ...told, moreUrgent: [LATER], claimers, others: true });
}
ask(LOST_SUCCESSES, { ...of, waves: [38, 39], limit: LIMIT });
ask(RECALLABLE_DEVICES, { ...of, stages: ['forward'], waves: null, limit: LIMIT });
ask(CLAIMED_OPEN, { ...of, version: '2.0.0', stage: 'forward', claimers, limit: LIMIT });
ask(SHARES, { ...of, devices: ['dev_000001', 'dev_050000'] });

/** What most of these read: what is wanted, what is on its way beside it, and what is looked up for each. */
const MOST = 6_000;

/** What a wave has to be gone through for, or all that a rollout has or is to have, once in a while and not in every round, with what that reads. */
const SELDOM = {
  [WAITING_FOR_REVOKED.name]: 'after a revocation',
  [TO_BRING_BACK.name]: 'a thousand devices at a time while a rollback is planned',
  [ON_THE_WAY.name]: 'a thousand devices at a time when somebody asks for a plan',
  [JOINERS.name]: 'when a device has come to fit a target',
  [CLAIMED_WAITING.name]: 'when a later rollout has begun',
  [CLAIMED_MOVED.name]: 'when a later rollout has begun',
  [TARGETED_DEVICES.name]: 'when a rollout is planned',
  [RUNNING_VERSIONS.name]: 'when a device has come to fit a target',
  [DEVICES_OF_FIRMWARE.name]: 'when somebody wants a firmware to be deleted',
  [ROLLOUTS_OF_FIRMWARE.name]: 'when somebody wants a firmware to be deleted',
};

describe('what the orchestrator asks of a hundred thousand devices', () => {
  it('is every query that it has', () => {
    const named = [...asked.keys(), ...Object.keys(SELDOM)];
    expect(named.toSorted()).toEqual(orchestratorModels.map(({ name }) => name).toSorted());
  });

  it.each([...asked])('reads few of them for %s', async (_, statements) => {
    for (const statement of statements) {
      const { wholeTables, rowsRead, text } = await planOf(client, statement, LARGE_TABLES);
      expect(wholeTables, text).toEqual([]);
      expect(rowsRead, text).toBeLessThanOrEqual(MOST);
    }
  });

  it('reads one of them to see whether an update is held', async () => {
    const text = 'SELECT 1 FROM "device_lane" WHERE "held" = $1 LIMIT 1';
    const { wholeTables, rowsRead } = await planOf(client, { text, values: [true] }, LARGE_TABLES);
    expect([wholeTables, rowsRead]).toEqual([[], 1]);
  });
});
