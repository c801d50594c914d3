import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const BORDERS = '@nx/enforce-module-boundaries';

describe('lint, of a file with one more import', () => {
  let eslint: ESLint;

  beforeAll(async () => {
    // The rule asks Nx which file belongs to what, and is silent where Nx has not looked yet.
    await run(process.execPath, [join(ROOT, 'node_modules/nx/dist/bin/nx.js'), 'show', 'projects'], {
      cwd: ROOT,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
    eslint = new ESLint({
      cwd: ROOT,
      // Where CI is set, the parser reads each file once and lints what it read then, whatever text it is given.
      overrideConfig: { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } },
    });
  });

  it.each([
    ['libs/service-host/src/index.ts', '@edgeflow/testkit'],
    ['libs/service-host/src/index.ts', '@edgeflow/embedded'],
    ['apps/projection/src/main.ts', '@edgeflow/testkit'],
    ['apps/device-gateway/src/main.ts', '@edgeflow/embedded'],
    ['apps/cli/src/main.ts', '../../fleet-simulator/src/fleet.js'],
    ['apps/projection/src/main.ts', '../../standalone/src/demo/fleet.js'],
    ['apps/projection/src/main.ts', '../../../bench/rig/rate.mjs'],
    ['apps/projection/src/main.ts', '../../../test/e2e/standalone.harness.js'],
    ['apps/standalone/src/nats.ts', '@edgeflow/testkit'],
    ['libs/embedded/src/index.ts', '@edgeflow/testkit'],
  ])('%s must not import %s', async (file, imported) => {
    expect(await complaints(file, imported)).toEqual([BORDERS]);
  });

  it.each([
    ['apps/projection/src/main.ts', '@edgeflow/fold'],
    ['apps/standalone/src/nats.ts', '@edgeflow/embedded'],
    ['apps/projection/src/testing/running-projection.fixture.ts', '@edgeflow/testkit'],
    ['apps/projection/src/projection.int.spec.ts', '@edgeflow/testkit'],
  ])('%s may import %s', async (file, imported) => {
    expect(await complaints(file, imported)).toEqual([]);
  });

  async function complaints(file: string, imported: string): Promise<(string | null)[]> {
    const text = await readFile(join(ROOT, file), 'utf8');
    const [result] = await eslint.lintText(`import * as _added from '${imported}';\n${text}`, {
      filePath: join(ROOT, file),
    });
    return result?.messages.map(({ ruleId }) => ruleId) ?? [];
  }
});

describe('the check of imports between files', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rooms-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('finds a circle, of types as well', async () => {
    await put('libs/a/src/one.ts', `import type { Two } from './two.js';\nexport interface One { two: Two }\n`);
    await put('libs/a/src/two.ts', `import type { One } from './one.js';\nexport interface Two { one: One }\n`);
    expect(await broken()).toContain('no-circles');
  });

  it('finds a way from standalone into its demo, but for the command line', async () => {
    await put('apps/standalone/src/demo/demo.ts', `export const demo = 1;\n`);
    await put('apps/standalone/src/main.ts', `export { demo } from './demo/demo.js';\n`);
    expect(await broken()).not.toContain('the-demo-stands-apart');
    await put('apps/standalone/src/start.ts', `export { demo } from './demo/demo.js';\n`);
    expect(await broken()).toContain('the-demo-stands-apart');
  });

  it('finds a way from a job of the deployment to an embedded server', async () => {
    await put('libs/embedded/src/index.ts', `export const server = 1;\n`);
    await put('apps/standalone/src/between.ts', `export { server } from '../../../libs/embedded/src/index.js';\n`);
    await put('apps/standalone/src/provision.command.ts', `export { server } from './between.js';\n`);
    expect(await broken()).toContain('jobs-of-a-deployment-start-no-servers');
  });

  it('finds a way from what ships to a model of a server, but not from a spec', async () => {
    await put('libs/b/src/memory/model.ts', `export const model = 1;\n`);
    await put('libs/b/src/memory.ts', `export { model } from './memory/model.js';\n`);
    await put('libs/b/src/model.spec.ts', `export { model } from './memory.js';\n`);
    expect(await broken()).not.toContain('models-are-no-product');
    await put('libs/b/src/index.ts', `export { model } from './memory.js';\n`);
    expect(await broken()).toContain('models-are-no-product');
  });

  async function put(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }

  /** The names of the rules that what lies in the folder breaks. */
  async function broken(): Promise<string[]> {
    const bin = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const args = [bin, '--config', join(ROOT, '.dependency-cruiser.mjs'), '--output-type', 'json', '.'];
    const { stdout } = await run(process.execPath, args, { cwd: folder }).catch((error: { stdout: string }) => error);
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return summary.violations.map(({ rule }) => rule.name);
  }
});
