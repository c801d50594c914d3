import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cores-'));
  program = join(folder, 'main.mjs');
  const built = (lib: string): string => JSON.stringify(join(import.meta.dirname, `../../../${lib}/dist/index.js`));
  await writeFile(
    program,
    `import { History, simulate } from ${built('simulation')};
     import { systemClock as clock } from ${built('runtime')};
     const draw = (seed) => ({ seed, settings: { crash: false }, faults: [] });
     const run = (scenario, how) => History.run(scenario, how, async (history) => {
       history.count('seen', scenario.seed);
       if (scenario.settings.crash) process.exit(7);
       if (scenario.seed === 90) history.violated('not-90', 'it is');
     });
     const print = (line) => console.log(line);
     process.exitCode = await simulate(process.argv.slice(2), { world: { draw, run }, clock, print, command: 'main', kept: '.' });`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

function ran(...args: string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    // As people start it: what vitest tells Node of sources is not for what is built.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = fork(program, args, { silent: true, execArgv: [], env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += String(text)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });
}

it('runs each seed once, in several processes, and tells of all of them', async () => {
  const { code, said } = await ran('--seeds', '1..80', '--cores', '3');
  expect(said).toMatch(/^80 histories, .* 0 failed,/m);
  // The mean of 1 to 80.
  expect(said).toContain('seen 40.5');
  expect(code).toBe(0);
});

it('hears of what failed in one of them', async () => {
  const { code, said } = await ran('--seeds', '1..100', '--cores', '2');
  expect(said).toContain('seed 90 violates not-90: it is');
  expect(said).toMatch(/^100 histories, .* 1 failed,/m);
  expect(code).toBe(1);
});

it('fails when one of them is gone', async () => {
  const { code, said } = await ran('--seeds', '1..100', '--cores', '2', '--set', 'crash=true');
  expect(said).toContain('ended with 7');
  expect(code).not.toBe(0);
});
