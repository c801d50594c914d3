import { execFile, spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf, StandaloneUnderTest } from './standalone.harness.js';

const run = promisify(execFile);
const has = (script: string): boolean => spawnSync('bash', ['-c', script]).status === 0;
const SHELL = has('command -v curl jq && openssl genpkey -algorithm ed25519 -out /dev/null');
if (!SHELL) console.warn('SKIPPED: no bash with curl, jq and OpenSSL 3 for the walk of docs/device-protocol.md');

let standalone: StandaloneUnderTest;
let folder: TemporaryFolder;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  folder = await temporaryFolder('walk');
  const { status } = await standalone.upload('acme', imageOf(), { version: '1.1.0', models: 'walk' });
  expect(status).toBe(201);
});
afterAll(async () => {
  await standalone.dispose();
  await folder.remove();
});

/** The blocks of the walk, as one script. */
async function walk(): Promise<string> {
  const page = await readFile(join(import.meta.dirname, '../../docs/device-protocol.md'), 'utf8');
  const [, section = ''] = /^## A walk by hand\n([\s\S]*?)^## /m.exec(page) ?? [];
  const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  expect(blocks.length).toBeGreaterThan(3);
  return ['set -euo pipefail', ...blocks].join('\n');
}

/** Where a `websocat` is: the machine's own, or what stands for it here. */
async function withWebsocat(): Promise<string> {
  const path = process.env['PATH'] ?? '';
  if (has('command -v websocat')) return path;
  const program = join(folder.path, 'websocat');
  const script = fileURLToPath(new URL('./websocat.mjs', import.meta.url));
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`);
  await chmod(program, 0o755);
  return `${folder.path}:${path}`;
}

describe('the walk by hand of the device protocol', () => {
  it.runIf(SHELL)('is one update, from the key to the version that runs', async () => {
    const { http_origin, tokens } = standalone.endpoints;
    const env = { ...process.env, PATH: await withWebsocat(), O: http_origin, H: dirname(tokens) };
    const { stdout } = await run('bash', ['-c', await walk()], { cwd: folder.path, env, timeout: 120_000 });
    expect(stdout).toContain('Signature Verified Successfully');
    const { body } = await standalone.ask<object>('acme', 'viewer', 'GET', '/query/v1/devices/walk-1');
    expect(body).toMatchObject({ ota_status: 'completed', current_version: '1.1.0', postponed: null });
  });
});
