import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSqlOnRows } from '@edgeflow/testkit';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import type { Write } from '../../apps/world/src/invariants/writes.js';
import { holds } from './invariants.js';

let rollouts: Rollouts;
let write: Write;

beforeAll(async () => {
  rollouts = await Rollouts.start();
  const fleet = await rollouts.fleet('whole');
  await fleet.join(ids(6, 'whole'));
  const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'whole' } };
  const id = await rollouts.start(body, 6);
  await rollouts.reaches(id, 'completed');
  write = {
    what: 'the rollout',
    status: 202,
    event: ({ type, entity_id }) => type === 'RolloutStarted' && entity_id === id,
  };
});
afterAll(() => rollouts.dispose());

describe('the check of the whole log', () => {
  it('holds after a rollout during which a service of each kind was killed', async () => {
    for (const name of ['rollout-orchestrator', 'projection']) await rollouts.standalone.kill(name);
    await holds(rollouts.standalone, [write]);
  });

  it('finds a write that was answered and is not on the log, and one that was refused and is', async () => {
    const lost = { what: 'a lost one', status: 201, event: () => false };
    const refused = { ...write, what: 'a refused one', status: 409 };
    const found = holds(rollouts.standalone, [lost, refused]);
    await expect(found).rejects.toThrow(/a lost one was answered with 201[^]*a refused one was refused with 409/);
  });

  it('finds a row that the log does not make, a rollout that does not add up, and a trail that was altered', async () => {
    const { database_url } = rollouts.standalone.endpoints;
    await runSqlOnRows(database_url, 'projection', `UPDATE device SET progress = 7 WHERE device_id = 'whole_01'`);
    await runSqlOnRows(
      database_url,
      'orchestrator',
      `UPDATE device_lane SET lane_position = 1 WHERE device_id = 'whole_02'`,
    );
    await runSqlOnRows(database_url, 'projection', `UPDATE audit SET action = 'forged' WHERE seq = 2`);
    const found = await holds(rollouts.standalone).catch(String);
    expect(found).toMatch(/projection\.device has, and a fresh fold has not: .*whole_01/);
    expect(found).toMatch(/orchestrator\.device_lane has, and a fresh fold has not: .*whole_02/);
    expect(found).toContain('line 2 was altered');
  });
});
