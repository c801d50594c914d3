import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../e2e/standalone.harness.js';
import { Rollouts } from '../e2e/rollouts.harness.js';
import { holds } from './invariants.js';
import { freeze, readyz } from './processes.js';

let rollouts: Rollouts;
beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());

interface Outage {
  server: string;
  check: string;
  code: string;
  services: string[];
}

const OUTAGES: Outage[] = [
  {
    ...{ server: 'nats-server', check: 'nats', code: 'log-unavailable' },
    services: ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'],
  },
  {
    server: 'postgres',
    check: 'postgres',
    code: 'database-unavailable',
    services: ['rollout-orchestrator', 'projection'],
  },
  {
    server: 's3-endpoint',
    check: 's3',
    code: 'storage-unavailable',
    services: ['firmware-registry', 'device-gateway'],
  },
];

const urlOf = (service: string): string =>
  rollouts.standalone.endpoints.processes.find(({ name }) => name === service)!.url;
const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

/** The lines about one dependency in a service's log. */
async function linesOf(service: string, check: string): Promise<string[]> {
  const text = await readFile(join(rollouts.standalone.home, 'logs', `${service}.log`), 'utf8');
  const lines = text
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, string>] : []));
  return lines.flatMap(({ dependency, msg = '' }) => (dependency === check ? [msg] : []));
}

const ask = (server: string): Promise<{ status: number; body: { code?: string } }> => {
  const { standalone } = rollouts;
  if (server === 's3-endpoint') {
    return standalone.upload('acme', imageOf(12_000_000), { version: '9.0.0', models: 'hung' });
  }
  return server === 'postgres'
    ? standalone.ask('acme', 'viewer', 'GET', '/query/v1/devices')
    : standalone.ask('acme', 'operator', 'POST', '/orchestrator/v1/updates', { device_id: 'd', version: '2.0.0' });
};

describe.each(OUTAGES)('$server that hangs', ({ server, check, code, services }) => {
  it('is named by every service that stands on it, refuses by its code, and all goes on when it wakes', async () => {
    const { standalone } = rollouts;
    // A machine with much else to do has seen outages of its own before.
    const before = new Map<string, number>();
    for (const service of services) before.set(service, (await linesOf(service, check)).length);
    const wake = await freeze(standalone, server);
    try {
      for (const service of services) {
        const { body } = await standalone.eventually(
          async () => ({ status: 0, body: await readyz(standalone, service) }),
          (answer) => answer.body.status === 503 && answer.body.body.includes(code),
        );
        expect(body).toMatch(new RegExp(`${code}: .*the last answer of ${check} came \\d+ s ago`));
        expect(await textOf(`${urlOf(service)}/metrics`)).toContain(`edgeflow_dependency_up{dependency="${check}"} 0`);
      }
      expect(await ask(server)).toMatchObject({
        status: 503,
        body: { code: expect.stringMatching(/-(unavailable|behind)$/) },
      });
    } finally {
      wake();
    }
    for (const service of services) {
      await standalone.eventually(
        async () => ({ status: (await readyz(standalone, service)).status, body: undefined }),
        ({ status }) => status === 200,
      );
      const lines = await standalone.eventually(
        async () => ({ status: 0, body: (await linesOf(service, check)).slice(before.get(service)) }),
        ({ body }) => body.includes(`${check} answers again`),
      );
      expect(lines.slice(0, 2)).toEqual([`${check} does not answer`, `${check} answers again`]);
    }
    await holds(standalone);
  });
});
