import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededEntropy } from '@edgeflow/simulation';
import type { Resource } from '../e2e/rollouts.harness.js';
import { imageOf, StandaloneUnderTest, type Answer } from '../e2e/standalone.harness.js';
import type { Write } from '../../apps/world/src/invariants/writes.js';
import { holds } from './invariants.js';
import { readyz } from './processes.js';
import { RandomKills } from './random-kills.js';

const SIMULATOR = fileURLToPath(new URL('../../apps/fleet-simulator/dist/main.js', import.meta.url));
/** Another run: EDGEFLOW_KILLS_SEED; a run that fails says its own. */
const SEED = Number(process.env['EDGEFLOW_KILLS_SEED'] ?? 1);
const MINUTES = Number(process.env['EDGEFLOW_KILLS_MINUTES'] ?? 10);
const DEVICES = 30;
const ANSWER_MS = 40_000;
/** How long what was under way may take once nothing is killed any more, in milliseconds. */
const SETTLED_MS = 240_000;
const SERVICES = ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'];

let standalone: StandaloneUnderTest;
let fleet: ChildProcess;
const writes: Write[] = [];
/** Answers that must never come, whatever is away. */
const wrong: string[] = [];

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  const file = (...path: string[]): string => join(standalone.home, ...path);
  const args = {
    ...{ origin: standalone.endpoints.origin, ca: file('ca.crt') },
    ...{ 'claim-token-file': file('device-claims', 'acme.token'), devices: DEVICES, model: 'chaos', fleet: 'chaos' },
    ...{ 'download-delay-ms': '0..3000', 'install-delay-ms': '0..3000', seed: SEED },
  };
  const options = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
  fleet = spawn(process.execPath, [SIMULATOR, ...options], { stdio: 'ignore' });
});
afterAll(async () => {
  fleet.kill('SIGTERM');
  await once(fleet, 'exit');
  await standalone.dispose();
});

/** Asks again until there is an answer that is no 5xx: of 2xx and 4xx the first. 500 is nobody's outage. */
async function insists<T>(what: string, ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  for (;;) {
    const given = await Promise.race([ask().catch(() => undefined), sleep(ANSWER_MS, undefined, { ref: false })]);
    if (given?.status === 500) wrong.push(`${what}: ${JSON.stringify(given.body)}`);
    if (given && given.status < 500) return given;
    await sleep(500);
  }
}

async function start(version: string, key: string): Promise<Answer<{ rollout_id: string; code?: string }>> {
  const target = { fleet: 'chaos' };
  const body = { version, strategy: { type: 'all_at_once' }, target, limits: { max_in_flight: 6 } };
  const headers = {
    authorization: `Bearer ${await standalone.token('acme', 'operator')}`,
    ...{ 'content-type': 'application/json', 'idempotency-key': key },
  };
  const url = new URL('/orchestrator/v1/rollouts', standalone.endpoints.http_origin);
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as { rollout_id: string; code?: string } };
}

/** A new version and its rollout, each asked for until it is taken. @returns the rollout's id */
async function begin(version: string): Promise<string> {
  const image = imageOf(200_000);
  const fields = { version, models: 'chaos' };
  const uploaded = await insists('an upload', () => standalone.upload<object>('acme', image, fields));
  if (uploaded.status >= 300) throw new Error(`the upload of ${version}: ${JSON.stringify(uploaded)}`);
  const isUpload: Write['event'] = ({ type, data }) =>
    type === 'FirmwareUploaded' && 'sha256' in data && data.sha256 === image.sha256;
  writes.push({ what: `the upload of ${version}`, status: uploaded.status, event: isUpload });
  for (let attempt = 0; ; attempt++) {
    const { status, body } = await insists('a rollout', () => start(version, `${version}-${attempt}`));
    if (status < 300) {
      const { rollout_id } = body;
      const event: Write['event'] = ({ type, entity_id }) => type === 'RolloutAccepted' && entity_id === rollout_id;
      writes.push({ what: `the rollout of ${version}`, status, event });
      return rollout_id;
    }
    // What the fold has not read yet is not known.
    if (body.code !== 'firmware-unknown' && body.code !== 'target-empty') throw new Error(JSON.stringify(body));
    await sleep(500);
  }
}

/** Waits for its end; one that its gate has paused is aborted. @returns undefined when `until` comes first */
async function ended(id: string, until: () => number): Promise<Resource | undefined> {
  while (Date.now() < until()) {
    const { status, body } = await insists('a query', () =>
      standalone.ask<Resource>('acme', 'viewer', 'GET', `/query/v1/rollouts/${id}`),
    );
    if (status === 200 && ['completed', 'aborted'].includes(body.state)) return body;
    if (status === 200 && body.state === 'paused') {
      const path = `/orchestrator/v1/rollouts/${id}/abort`;
      await insists('an abort', () => standalone.ask('acme', 'operator', 'POST', path, { reason: 'the spec' }));
    }
    await sleep(500);
  }
  return undefined;
}

/** Lines of a service that say that something of ours is wrong, not that something is away. */
async function bugs(): Promise<string[]> {
  const folder = join(standalone.home, 'logs');
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n'));
  return lines.filter((line) => line.includes('"a request failed"') || line.includes('"level":"fatal"'));
}

describe('an installation whose processes are killed and frozen at random, in pairs too', () => {
  it(`goes on by itself, and the whole log holds (seed ${SEED}, ${MINUTES} min)`, async () => {
    const entropy = new SeededEntropy(SEED);
    const kills = new RandomKills(standalone, () => entropy.random('kills'));
    let calm_at = Number.POSITIVE_INFINITY;
    const killing = kills.run(MINUTES * 60_000).then(() => void (calm_at = Date.now()));
    try {
      for (let n = 1; calm_at === Number.POSITIVE_INFINITY; n++) {
        const id = await begin(`1.0.${n}`);
        if (!(await ended(id, () => calm_at + SETTLED_MS))) throw new Error(`the rollout ${id} has no end`);
      }
      await killing;
      const last = await ended(await begin('2.0.0'), () => calm_at + 2 * SETTLED_MS);
      expect(last).toMatchObject({ state: 'completed', eligible: DEVICES, succeeded: DEVICES });
      await standalone.look();
      for (const service of SERVICES) {
        await standalone.eventually(
          async () => ({ status: 0, body: await readyz(standalone, service) }),
          ({ body }) => body.status === 200,
        );
      }
      expect(wrong).toEqual([]);
      expect(await bugs()).toEqual([]);
      await holds(standalone, writes);
    } catch (error) {
      throw new Error(`seed ${SEED}:\n${kills.told.join('\n')}\n${standalone.output}`, { cause: error });
    } finally {
      await killing;
    }
  });
});
