import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import { NatsPublisher } from '../e2e/nats-publisher.js';
import { holds } from './invariants.js';

const run = promisify(execFile);

let rollouts: Rollouts;
let elsewhere: TemporaryFolder;
beforeAll(async () => {
  [rollouts, elsewhere] = await Promise.all([Rollouts.start(), temporaryFolder('backup')]);
});
afterAll(async () => {
  await rollouts.dispose();
  await elsewhere.remove();
});

/** Runs a command just as docs/operations.md has it, in a folder of its own. */
async function asDocumented(name: 'backup' | 'restore'): Promise<void> {
  const text = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, command] = new RegExp(`<!-- ${name}: run as it stands [^>]*-->\\n    (.+)\\n`).exec(text) ?? [];
  if (command === undefined) throw new Error(`docs/operations.md has no command for the ${name}`);
  const env = { ...process.env, EDGEFLOW_HOME: rollouts.standalone.home };
  await run('/bin/sh', ['-ec', command], { cwd: elsewhere.path, env });
}

it('a fleet goes on after its home was lost and restored by what the documentation says', async () => {
  const { standalone } = rollouts;
  const fleet = await rollouts.fleet('kept');
  const devices = await fleet.join(ids(3, 'kept'));
  // What people, teams and devices have of it, and keep.
  const token = await standalone.token('acme', 'operator');
  const team = (await readFile(`${standalone.endpoints.nats_users}/publisher-acme.url`, 'utf8')).trim();
  const [ca, port] = [await readFile(standalone.endpoints.ca, 'utf8'), new URL(team).port];

  await standalone.stop();
  await asDocumented('backup');
  await rm(standalone.home, { recursive: true });
  await asDocumented('restore');
  await standalone.begin();

  // By the credentials and the authority of before.
  for (const device of devices) await device.connect();
  const devicesUrl = new URL('/query/v1/devices', standalone.endpoints.http_origin);
  await standalone.eventually(
    async () => {
      const answer = await fetch(devicesUrl, { headers: { authorization: `Bearer ${token}` } });
      return { status: answer.status, body: (await answer.json()) as { items?: object[] } };
    },
    ({ status, body }) => status === 200 && body.items?.length === 3,
  );
  const now = team.replace(`:${port}`, `:${new URL(standalone.endpoints.nats_url).port}`);
  (await NatsPublisher.connect(now, ca)).close();
  const body = { version: '2.0.0', strategy: { type: 'all_at_once' }, target: { fleet: 'kept' } };
  const id = await rollouts.start(body, 3);
  expect((await rollouts.reaches(id, 'completed')).succeeded).toBe(3);
  await holds(standalone);
});
