import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoreFailures } from './store-failures.js';

const REFUSED =
  "[7] [ERR] JetStream failed to store a msg on stream '$G > OTA': write /d/2.blk: no space left on device\n";
let folder: string;
let log: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-store-'));
  log = join(folder, 'server.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('sees writes that failed since the last look, and not those of before the start', async () => {
  await writeFile(log, REFUSED);
  const failures = await StoreFailures.from(log);
  expect(await failures.look()).toBe(false);
  await appendFile(log, `[7] [INF] fine\n${REFUSED}`);
  expect([await failures.look(), await failures.look()]).toEqual([true, false]);
});

it('does not forget a server that has given its store up', async () => {
  const failures = await StoreFailures.from(log);
  await appendFile(log, '[7] [ERR] JetStream out of resources, will be DISABLED\n');
  expect([await failures.look(), await failures.look()]).toEqual([true, true]);
});
