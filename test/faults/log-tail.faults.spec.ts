import { execFile } from 'node:child_process';
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import { imageOf } from '../e2e/standalone.harness.js';
import { holds } from './invariants.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
/** Of the newest block so many bytes are cut off: some tens of events. */
const CUT_BYTES = 20_000;

let rollouts: Rollouts;

/** Cuts the end of the log off, as a power loss or a damaged disk does, while nothing runs. */
async function cutTail(home: string): Promise<void> {
  const store = join(home, 'nats', 'jetstream');
  const files = await readdir(store, { recursive: true });
  const blocks = files.filter((file) => /streams\/OTA\/msgs\/\d+\.blk$/.test(file)).map((file) => join(store, file));
  const sizes = await Promise.all(blocks.map(async (path) => ({ path, size: (await stat(path)).size })));
  const { path, size } = sizes.filter((block) => block.size > CUT_BYTES).at(-1)!;
  await truncate(path, size - CUT_BYTES);
}

interface Problem {
  code?: string;
  reason?: string;
}

/** What each service that is written to answers, and the code. */
async function answersToWrites(): Promise<Record<string, string | number>> {
  const { standalone } = rollouts;
  const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'tail' } };
  const answers = {
    rollout: await rollouts.post<Problem>('rollouts', body),
    upload: await standalone.upload<Problem>('acme', imageOf(2_000), { version: '3.0.0', models: 'tail' }),
    key: await standalone.ask<Problem>('acme', 'admin', 'POST', '/registry/v1/api-keys', {
      name: 'one',
      roles: ['viewer'],
    }),
  };
  return Object.fromEntries(
    Object.entries(answers).map(
      ([
        what,
        {
          status,
          body: { code },
        },
      ]) => [what, code ?? status],
    ),
  );
}

async function readiness(name: string): Promise<{ status: number; text: string }> {
  const { url } = rollouts.standalone.endpoints.processes.find((one) => one.name === name)!;
  const response = await fetch(`${url}/readyz`).catch(() => undefined); // It is just starting again.
  return { status: response?.status ?? 0, text: (await response?.text()) ?? '' };
}

async function saysOf(name: string, wanted: RegExp): Promise<void> {
  await rollouts.standalone.eventually(
    async () => ({ status: 0, body: await readiness(name) }),
    ({ body }) => wanted.test(body.text),
  );
}

const HALTED = { rollout: 'log-diverged', upload: 'log-diverged', key: 'log-diverged' };

beforeAll(async () => {
  rollouts = await Rollouts.start();
  const fleet = await rollouts.fleet('tail');
  await fleet.join(ids(8, 'tail'));
  const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'tail' } };
  await rollouts.reaches(await rollouts.start(body, 8), 'completed');
  await holds(rollouts.standalone);
  rollouts.hangUp();
  await rollouts.standalone.stop();
  await cutTail(rollouts.standalone.home);
  await rollouts.standalone.begin();
});
afterAll(() => rollouts.dispose());

describe('an installation whose log has lost its tail', () => {
  it('starts, says so at every service, and takes no write', async () => {
    for (const name of ['rollout-orchestrator', 'projection']) await saysOf(name, /"fold":\{[^}]*checkpoint-ahead/);
    for (const name of ['firmware-registry', 'device-gateway'])
      await saysOf(name, /nothing may be written: checkpoint-ahead/);
    expect(rollouts.standalone.output).toContain('npm run rebuild');
    expect(await answersToWrites()).toEqual(HALTED);
    // What the rows know beyond the log stays there to be read until somebody has decided.
    expect((await rollouts.query('rollouts')).status).toBe(200);
  });

  it('goes on so after a restart', async () => {
    await rollouts.standalone.kill('rollout-orchestrator');
    await saysOf('rollout-orchestrator', /"fold":\{[^}]*checkpoint-ahead/);
    expect(await answersToWrites()).toEqual(HALTED);
  });

  it('goes on with the log as it is after one command', async () => {
    const env = { ...process.env, EDGEFLOW_HOME: rollouts.standalone.home };
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'rebuild'], { env });
    expect(stdout).toMatch(/^rollout-orchestrator-fold: .* its alarm checkpoint-ahead ends$/m);
    expect(stdout).toMatch(/^projection-read-models: .* its alarm checkpoint-ahead ends$/m);
    for (const name of ['rollout-orchestrator', 'projection', 'firmware-registry', 'device-gateway']) {
      await rollouts.standalone.eventually(
        async () => ({ status: (await readiness(name)).status, body: name }),
        ({ status }) => status === 200,
      );
    }
    expect(await answersToWrites()).toMatchObject({ upload: 201, key: 201 });
    await holds(rollouts.standalone);
  });
});
