import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findNatsServer } from '@edgeflow/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exampleConfig } from './example-config.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-conf-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the example of a configuration is one that the server takes', async () => {
  const text = exampleConfig();
  const file = join(folder, 'nats.conf');
  await writeFile(file, text);
  const variables = [...text.matchAll(/\$(NATS_PASSWORD_\w+)/g)].map(([, name]) => [name!, `p${name}`]);
  expect(variables).toHaveLength(8);
  const env = { ...process.env, ...Object.fromEntries(variables) };
  const { stderr } = await promisify(execFile)(await findNatsServer(), ['-t', '-c', file], { env });
  expect(stderr).toContain('configuration file');
});
