import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CounterWorld } from './counter-world.fixture.js';
import { isAsKept, keep, loadKept, runKept } from './kept.js';
import { runSeeds, type Failure } from './run-seeds.js';
import type { Outcome, Scenario } from './scenario.js';
import { shrink } from './shrink.js';

const clock = { steady_ms: () => 0 } as never;
const buggy = new CounterWorld({ losesUpdates: true });
const mended = new CounterWorld();

async function firstFailure(world: CounterWorld): Promise<Failure> {
  const failures: Failure[] = [];
  const seeds = Array.from({ length: 100 }, (_, index) => index + 1);
  await runSeeds({ world, seeds, clock, failures_max: 1, onFailure: (failure) => void failures.push(failure) });
  return failures[0]!;
}

describe('a bug that some histories show', () => {
  it('is found, and is not there once it is mended', async () => {
    const { violation } = await firstFailure(buggy);
    expect(violation).toMatchObject({ invariant: 'lost-update', text: expect.stringContaining('the counter says') });
    expect(await firstFailure(mended)).toBeUndefined();
  });

  it('is shrunk to two actions of two nodes, and no fault that is not needed', async () => {
    const { scenario, outcome } = await firstFailure(buggy);
    expect(outcome.actions.length).toBeGreaterThan(10);
    const shrunk = await shrink(scenario, outcome, { run: buggy.run, invariant: 'lost-update', least: buggy.least });
    expect(shrunk.isMinimal).toBe(true);
    expect(shrunk.scenario.actions).toHaveLength(2);
    expect(shrunk.scenario.faults.length).toBeLessThanOrEqual(1);
    expect(shrunk.scenario.faults).not.toContain('clock-off');
    expect(shrunk.scenario.settings['nodes']).toBe(1);
    expect(await buggy.run(shrunk.scenario)).toMatchObject({ violations: [{ invariant: 'lost-update' }] });
  });

  it('is shrunk no further than its budget goes, and to the same violation alone', async () => {
    const { scenario, outcome } = await firstFailure(buggy);
    const few = await shrink(scenario, outcome, { run: buggy.run, invariant: 'lost-update', budget: 5 });
    expect([few.runs, few.isMinimal]).toEqual([5, false]);
    expect(few.outcome.violations).toHaveLength(1);
    /** Fails otherwise as soon as anything is left out. */
    const run = async (given: Scenario): Promise<Outcome> => {
      const isWhole = given.actions === outcome.actions && given.faults === scenario.faults;
      return { ...outcome, violations: [{ invariant: isWhole ? 'lost-update' : 'other', text: '', at_ms: 0 }] };
    };
    const same = await shrink({ ...scenario, settings: {} }, outcome, { run, invariant: 'lost-update' });
    expect(same.scenario).toEqual({ ...scenario, settings: {}, actions: outcome.actions });
  });
});

describe('a kept scenario', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'kept-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const standings = async (world: CounterWorld): Promise<string[]> =>
    (await runKept(folder, world.run)).map((run) => `${run.name} ${run.standing} ${isAsKept(run)}`);

  it('is run from its file: it is open, then gone, then holds, and may come back', async () => {
    const { scenario, outcome } = await firstFailure(buggy);
    const shrunk = await shrink(scenario, outcome, { run: buggy.run, invariant: 'lost-update' });
    const kept = {
      scenario: shrunk.scenario,
      invariant: 'lost-update',
      story: 'Two nodes read the same, and both write.',
    };
    await keep(folder, 'two-writers', kept);
    expect(await loadKept(folder)).toEqual([{ name: 'two-writers.json', kept }]);
    expect(await standings(buggy)).toEqual(['two-writers.json open true']);
    expect(await standings(mended)).toEqual(['two-writers.json gone false']);
    await keep(folder, 'two-writers', { ...kept, fixed_in: 'abc123' });
    expect(await standings(mended)).toEqual(['two-writers.json holds true']);
    expect(await standings(buggy)).toEqual(['two-writers.json came back false']);
  });

  it('is named when it is none', async () => {
    await writeFile(join(folder, 'other.json'), '{"scenario": {"seed": 1}}');
    await expect(loadKept(folder)).rejects.toThrow(/other\.json is no kept scenario: it needs/);
  });
});
