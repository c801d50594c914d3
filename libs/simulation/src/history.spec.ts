import { describe, expect, it } from 'vitest';
import { CounterWorld } from './counter-world.fixture.js';
import { runTwice } from './divergence.js';
import { History } from './history.js';
import type { Run, Scenario } from './scenario.js';

const scenario: Scenario = { seed: 1, settings: {}, faults: [] };
const divergenceOf = async (run: Run, of: Scenario) => (await runTwice(run, of)).divergence;

describe('a history', () => {
  it('is the same for the same seed, to the letter, and another for another', async () => {
    const world = new CounterWorld();
    const [first, again] = [await world.run(world.draw(7)), await world.run(world.draw(7), { keeps_trace: true })];
    expect({ ...again, trace: undefined }).toEqual({ ...first, trace: undefined });
    expect(again.trace?.length).toBeGreaterThan(5);
    const hashes = new Set<string>();
    for (let seed = 1; seed <= 200; seed += 1) hashes.add((await world.run(world.draw(seed))).trace_hash);
    expect(hashes.size).toBe(200);
  });

  it('is the same again from its actions, without the seed that drew them', async () => {
    const world = new CounterWorld();
    const drawn = await world.run(world.draw(3));
    const again = await world.run({ ...world.draw(3), actions: drawn.actions });
    expect(again.counts).toEqual(drawn.counts);
    expect(again.actions).toEqual(drawn.actions);
  });

  it('ends with what is thrown in it, and tells each violation once', async () => {
    const outcome = await History.run(scenario, {}, async ({ time, violated: _, ...rest }) => {
      expect(rest.scenario).toBe(scenario);
      await time.pass(5);
      throw new TypeError('no such thing');
    });
    expect(outcome.violations).toMatchObject([
      { invariant: 'crash', at_ms: 5, text: expect.stringContaining('TypeError: no such thing') },
    ]);
    const twice = await History.run(scenario, {}, async (history) => {
      for (const text of ['a', 'a', 'b']) history.violated('holds', text);
    });
    expect(twice.violations.map(({ text }) => text)).toEqual(['a', 'b']);
    const many = await History.run(scenario, {}, async (history) => {
      for (let n = 0; n < 1_000; n += 1) history.violated('holds', String(n));
    });
    expect(many.violations).toHaveLength(20);
  });
});

describe('two runs that should be the same', () => {
  it('are', async () => {
    const world = new CounterWorld();
    for (let seed = 1; seed <= 20; seed += 1) expect(await divergenceOf(world.run, world.draw(seed))).toBeUndefined();
  });

  it('differ by a draw, which is named by what it is for', async () => {
    const world = new CounterWorld({ remembers: true });
    expect(await divergenceOf(world.run, world.draw(1))).toMatch(
      /^draw 2 was for "(idle|rate)" of .+ \(\d+\), and is for "remembered" \(\d+\)$/,
    );
  });

  it('differ by a line of the trace, where nothing was drawn for it', async () => {
    let calls = 0;
    const world = new CounterWorld({ notes: () => `call ${(calls += 1)}` });
    expect(await divergenceOf(world.run, world.draw(1))).toMatch(
      /all draws are the same, but line \d+ of the trace was "25000 world note call 1", and is "25000 world note call 2"/,
    );
  });

  it('are found out when a timer, a file or another thread came into them', async () => {
    const run = (how: () => Promise<unknown>) =>
      divergenceOf((given, rest) => History.run(given, rest, async () => void (await how())), scenario);
    expect(await run(() => new Promise((resolve) => setTimeout(resolve, 1)))).toBe(
      'the real world came into it: Timeout',
    );
    expect(await run(() => new Promise((resolve) => setImmediate(resolve)))).toContain('Immediate');
    const { readFile } = await import('node:fs/promises');
    expect(await run(() => readFile(import.meta.filename))).toContain('FSREQPROMISE');
    expect(await run(() => crypto.subtle.digest('SHA-256', new Uint8Array(8)))).toContain('HASHREQUEST');
  });
});
