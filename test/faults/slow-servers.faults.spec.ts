import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import type { Write } from '../../apps/world/src/invariants/writes.js';
import { holds } from './invariants.js';
import { SlowWays, type Server } from './slow-ways.js';

/** By how much longer each answer takes, in milliseconds. */
const SLOW_MS = 150;
/** From where on a service calls an answer slow, in seconds: the timer that holds an answer back may end a millisecond early by the service's clock. */
const CALLED_SLOW_S = 0.1;
const DEVICES = 6;

let ways: SlowWays;
let rollouts: Rollouts;
const writes: Write[] = [];
beforeAll(async () => {
  ways = await SlowWays.start();
  rollouts = new Rollouts(ways.standalone);
});
afterAll(async () => {
  rollouts.hangUp();
  await ways.dispose();
});

const SERVERS: { server: Server; services: string[] }[] = [
  { server: 'nats', services: ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'] },
  { server: 'postgres', services: ['rollout-orchestrator', 'projection'] },
  { server: 's3', services: ['firmware-registry', 'device-gateway'] },
];

interface Readyz {
  status: number;
  details: Record<string, { status: string; message?: string }>;
}

const urlOf = (service: string): string =>
  ways.standalone.endpoints.processes.find(({ name }) => name === service)!.url;

async function readyz(service: string): Promise<Readyz> {
  const answer = await fetch(`${urlOf(service)}/readyz`);
  const { details } = (await answer.json()) as Pick<Readyz, 'details'>;
  return { status: answer.status, details };
}

/** How long the last answer took, as the service's metric has it, in seconds. */
async function answerSeconds(service: string, server: Server): Promise<number> {
  const text = await (await fetch(`${urlOf(service)}/metrics`)).text();
  return Number(
    new RegExp(`^edgeflow_dependency_answer_seconds\\{dependency="${server}"\\} (\\S+)$`, 'm').exec(text)?.[1],
  );
}

/** The lines of a service's log that say that the server is slow, or not any more. */
async function linesOf(service: string, server: Server): Promise<string[]> {
  const text = await readFile(join(ways.standalone.home, 'logs', `${service}.log`), 'utf8');
  const lines = text
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, string>] : []));
  return lines.flatMap(({ dependency, msg = '' }) => (dependency === server && /slow/.test(msg) ? [msg] : []));
}

const until = <T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> =>
  ways.standalone.eventually(
    async () => ({ status: 0, body: await look() }),
    ({ body }) => wanted(body),
  );

/** A rollout of one wave whose devices really download. */
async function begin(name: string): Promise<string> {
  const fleet = await rollouts.fleet(name);
  fleet.script = () => 'downloads';
  await fleet.join(ids(DEVICES, name));
  const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: name } };
  const id = await rollouts.start(body, DEVICES);
  const event: Write['event'] = ({ type, entity_id }) => type === 'RolloutAccepted' && entity_id === id;
  writes.push({ what: `the rollout ${name}`, status: 202, event });
  return id;
}

describe.each(SERVERS)('$server that is slow by 150 ms', ({ server, services }) => {
  it('keeps no rollout from being completed, and every service that stands on it says so once and is degraded', async () => {
    const before = new Map<string, number>();
    for (const service of services) before.set(service, (await linesOf(service, server)).length);
    ways.slowDown(server, SLOW_MS);
    try {
      const id = await begin(`slow_${server}`);
      for (const service of services) {
        const { status, details } = await until(
          () => readyz(service),
          (seen) => seen.details[server]?.status === 'degraded',
        );
        expect(status).toBe(200);
        expect(details[server]?.message).toMatch(
          new RegExp(`^${server} is slow: each of its last 4 answers took \\d+ ms`),
        );
        expect(await answerSeconds(service, server)).toBeGreaterThan(CALLED_SLOW_S);
      }
      const { succeeded } = await rollouts.reaches(id, 'completed');
      expect(succeeded).toBe(DEVICES);
      expect(rollouts.errors).toEqual([]);
    } finally {
      ways.slowDown(server, 0);
    }
    for (const service of services) {
      const lines = await until(
        async () => (await linesOf(service, server)).slice(before.get(service)),
        (seen) => seen.includes(`${server} is not slow any more`),
      );
      expect(lines.slice(0, 2)).toEqual([`${server} is slow`, `${server} is not slow any more`]);
    }
    await holds(ways.standalone, writes);
  });
});
