import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlackHole, runSqlOnRows } from '@edgeflow/testkit';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import { decisionsOf, SecondOrchestrator } from '../e2e/second-orchestrator.js';
import type { Write } from '../../apps/world/src/invariants/writes.js';
import { holds } from './invariants.js';

let rollouts: Rollouts;
let second: SecondOrchestrator;
let ways: { toPostgres: BlackHole; toNats: BlackHole };
const writes: Write[] = [];

beforeAll(async () => {
  rollouts = await Rollouts.start();
  const { database_url, nats_url } = rollouts.standalone.endpoints;
  ways = { toPostgres: await BlackHole.before(database_url), toNats: await BlackHole.before(nats_url) };
  second = await SecondOrchestrator.beside(rollouts.standalone, {
    database_url: ways.toPostgres.url,
    nats_url: ways.toNats.url,
  });
});
afterAll(async () => {
  await second.kill();
  await Promise.all(Object.values(ways).map((way) => way.close()));
  await rollouts.dispose();
});

async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  return rollouts.standalone.eventually(
    async () => ({ status: 0, body: await look() }),
    ({ body }) => wanted(body),
  );
}

/** Waits until an orchestrator has decided more than it had when this was called. */
async function decides(url: string): Promise<void> {
  const before = await decisionsOf(url);
  await until(
    () => decisionsOf(url),
    (decisions) => decisions > before,
  );
}

/** A rollout that takes a while: one device after the other. */
async function begin(name: string, devices: number): Promise<string> {
  const fleet = await rollouts.fleet(name);
  await fleet.join(ids(devices, name));
  const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: name } };
  const id = await rollouts.start({ ...body, limits: { max_in_flight: 1 } }, devices);
  const event: Write['event'] = ({ type, entity_id }) => type === 'RolloutAccepted' && entity_id === id;
  writes.push({ what: `the rollout ${name}`, status: 202, event });
  return id;
}

/** Freezes the first orchestrator in the middle of a batch, that is with an open transaction that has written rows, until the other one decides. */
async function freezeFirst(): Promise<void> {
  const { database_url } = rollouts.standalone.endpoints;
  const pid = rollouts.standalone.pidOf('rollout-orchestrator');
  const lock = 'BEGIN; LOCK TABLE device_lane IN SHARE MODE; SELECT pg_sleep(3); COMMIT';
  const stands = runSqlOnRows(database_url, 'orchestrator', lock);
  await until(
    () =>
      runSqlOnRows(
        ...([database_url, 'orchestrator'] as const),
        `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'device_lane'::regclass`,
      ),
    (waiting) => waiting.length > 0,
  );
  process.kill(pid, 'SIGSTOP');
  try {
    await stands;
    await decides(second.url);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

const firstUrl = (): string =>
  rollouts.standalone.endpoints.processes.find(({ name }) => name === 'rollout-orchestrator')!.url;

interface Readyz {
  status: string;
  error?: Record<string, { message: string }>;
}

describe('the leading orchestrator', () => {
  it('that is frozen in mid-batch is replaced, and writes nothing when it wakes', async () => {
    const id = await begin('frozen', 12);
    await freezeFirst();
    const { succeeded } = await rollouts.reaches(id, 'completed');
    expect(succeeded).toBe(12);
    await holds(rollouts.standalone, writes);
  });

  it.each([
    ['toPostgres', 'postgres'],
    ['toNats', 'nats'],
  ] as const)(
    'whose way %s is a black hole is replaced, says %s, and stands by when it is back',
    async (way, check) => {
      const id = await begin(way.toLowerCase(), 24);
      await freezeFirst();
      ways[way].swallow();
      await decides(firstUrl());
      const { error } = await until(
        async () => (await (await fetch(`${second.url}/readyz`)).json()) as Readyz,
        (report) => report.error?.[check] !== undefined,
      );
      expect(Object.keys(error ?? {})).toContain(check);
      ways[way].letThrough();
      await until(
        async () => (await fetch(`${second.url}/readyz`)).status,
        (status) => status === 200,
      );
      const { succeeded } = await rollouts.reaches(id, 'completed');
      expect(succeeded).toBe(24);
      await holds(rollouts.standalone, writes);
    },
  );
});
