import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kept } from '../kept.js';
import { CounterWorld, type CounterBugs } from '../counter-world.fixture.js';
import { simulate } from './simulate.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'simulate-'))));
afterEach(() => rm(folder, { recursive: true }));

/** A machine whose clock goes on by 10 ms each time that somebody looks. */
function ticking(): Clock {
  let now_ms = 0;
  return { now: () => new Date(1e12), steady_ms: () => (now_ms += 10) } as never;
}

async function simulated(command: string, bugs: CounterBugs = {}): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const program = {
    clock: ticking(),
    print: (line: string) => void lines.push(line),
    command: 'simulate',
    kept: folder,
  };
  const args = command === '' ? [] : command.split(' ');
  const code = await simulate(args, { ...program, world: new CounterWorld(bugs) });
  return { code, said: lines.join('\n') };
}

describe('the command line of a simulation', () => {
  it('runs a range of seeds, and says what they held', async () => {
    const { code, said } = await simulated('--seeds 1..50');
    expect(code).toBe(0);
    expect(said).toMatch(
      /^50 histories, [\d,]+ a minute, 0 failed, heap [\d.]+ MB, in [\d.]+ s; [\d,]+ a minute of CPU$/m,
    );
    expect(said).toMatch(/^a history on average: added [\d.]+, virtual minutes [\d.]+, steps [\d.]+, draws [\d.]+$/m);
  });

  it('runs new seeds for so long, and says now and then how far it is', async () => {
    const { code, said } = await simulated('--minutes 0.2');
    expect(code).toBe(0);
    expect(said.match(/histories, /g)?.length).toBe(3);
    expect((await simulated('--minutes 0.01 --from 5')).code).toBe(0);
  });

  it('says which seed failed, what it violates, what is left of it, and how to see it again', async () => {
    const { code, said } = await simulated('--seeds 1..1000 --failures 2 --keep lost --set nodes=3', {
      losesUpdates: true,
    });
    expect(code).toBe(1);
    const [, seed] =
      /^seed (\d+) violates lost-update: the counter says \d+ of \d+ \(at 25,000 ms\)$/m.exec(said) ?? [];
    expect(said).toContain(`again: simulate --seed ${seed} --set nodes=3 --trace --html timeline.html`);
    expect(said.match(/shrunk in \d+ runs to 2 of \d+ actions, [01] of \d faults/g)).toHaveLength(1);
    expect(said).toContain(', 2 failed,');
    expect(await readdir(folder)).toEqual(['lost.json']);
    const written = JSON.parse(await readFile(join(folder, 'lost.json'), 'utf8')) as Kept;
    expect(written.scenario.scene).toEqual({ of: written.scenario.seed });
    const kept = `--scenario ${join(folder, 'lost.json')}`;
    expect(await simulated(kept)).toMatchObject({ code: 0, said: expect.stringMatching(/^2 actions, /) });
    expect((await simulated(kept, { losesUpdates: true })).said).toContain('lost-update: the counter says');
    expect(await simulated('--kept', { losesUpdates: true })).toMatchObject({
      code: 0,
      said: expect.stringContaining('open'),
    });
    expect(await simulated('--kept')).toMatchObject({ code: 1, said: expect.stringContaining('gone') });
  });

  it('shows one history, as lines and as a timeline', async () => {
    const file = join(folder, 'timeline.html');
    const { code, said } = await simulated(`--seed 3 --trace --html ${file}`);
    expect(code).toBe(0);
    expect(said).toMatch(/^ +\d+\.\d{3} node \d +read +0$/m);
    expect(said).toMatch(/^\d+ actions, \d+ steps, \d+ draws, trace [\da-f]{16}$/m);
    expect(await readFile(file, 'utf8')).toContain('<title>Seed 3</title>');
  });

  it('finds what is not the same again, and says by which draw', async () => {
    expect((await simulated('--seeds 1..20 --check')).code).toBe(0);
    expect(await simulated('--seed 1 --check')).toMatchObject({
      code: 0,
      said: expect.stringContaining('are the same'),
    });
    const { code, said } = await simulated('--seeds 2..3 --check', { remembers: true });
    expect(code).toBe(1);
    expect(said).toMatch(/seed 2 violates same-again: draw \d+ was for "/);
    expect(await simulated('--seed 1 --check', { remembers: true })).toMatchObject({ code: 1 });
  });

  it.each([
    ['', /one of --seeds, --minutes, --seed/],
    ['--seeds 1..5 --kept', /one of --seeds/],
    ['--seeds 5..1', /--seeds 5\.\.1: as in 1\.\.5000/],
    ['--seeds 5', /as in/],
    ['--minutes none', /--minutes none: more than 0/],
    ['--seed 1.5', /--seed 1\.5: an integer from 0 on/],
    ['--seed 1 --set devices', /--set devices: as in devices=5/],
    ['--seed 1 --odd', /odd/],
    ['--seed 1 --set odd=1', /--set odd: there are nodes, seconds/],
    ['--seed 1 --set nodes=many', /--set nodes=many: a number/],
    ['--seed 1 --set nodes=0', /--set nodes=0: an integer from 1 on/],
    ['--kept --set nodes=3', /--set goes with --seeds or --minutes or --seed/],
    ['--seeds 1..1 --trace', /--trace goes with --seed or --scenario/],
    ['--seed 4 --from 3', /--from goes with --minutes/],
    ['--seeds 1..4 --cores 2 --keep lost', /--keep is for one process/],
    ['--seeds 1..4 --part 3/2', /--part 3\/2/],
    ['--scenario /nowhere.json', /nowhere\.json/],
    ['--scenario package.json', /package\.json is no scenario/],
    ['--seed 1 --html /nowhere/timeline.html', /nowhere/],
  ])('refuses %j', async (command, reason) => {
    const { code, said } = await simulated(command);
    expect(code).toBe(2);
    expect(said).toMatch(reason);
  });
});
