import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FairTurns } from './fair-turns.js';

/** Works that end when they are told to, and the order in which they began. */
class Works {
  readonly begun: string[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(private readonly turns: FairTurns) {}

  /** @returns what became of it */
  async start(name: string, label = name): Promise<string> {
    const work = async () => {
      this.begun.push(label);
      await new Promise<void>((end) => this.ends.push(end));
      return 'done';
    };
    return this.turns.run(name, work).catch((error: unknown) => String(error));
  }

  async endOne(): Promise<void> {
    this.ends.shift()?.();
    await settled();
  }
}

const dropped = () => new Error('dropped');

describe('turns', () => {
  it('are taken by the names alternately, and within a name in the order they came', async () => {
    const works = new Works(new FairTurns({ at_once: 1, waiting: 10 }, dropped));
    const all = ['a1', 'a2', 'a3', 'b1', 'a4', 'b2'].map((label) => works.start(label.slice(0, 1), label));
    for (let n = 0; n < 6; n++) await works.endOne();
    expect(await Promise.all(all)).toEqual(Array(6).fill('done'));
    expect(works.begun).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'a4']);
  });

  it('are taken by so many at once, also after one that failed', async () => {
    const turns = new FairTurns({ at_once: 2, waiting: 10 }, dropped);
    const works = new Works(turns);
    await expect(turns.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    for (const label of ['a1', 'a2', 'a3']) void works.start('a', label);
    await settled();
    expect(works.begun).toEqual(['a1', 'a2']);
    await works.endOne();
    expect(works.begun).toEqual(['a1', 'a2', 'a3']);
  });

  it('are taken away from one of the name that has most waiting when too much waits, and from no other', async () => {
    const works = new Works(new FairTurns({ at_once: 1, waiting: 4 }, dropped));
    const many = ['a0', 'a1', 'a2', 'a3'].map((label) => works.start('a', label));
    const few = [works.start('b'), works.start('c')];
    for (let n = 0; n < 6; n++) await works.endOne();
    expect(await Promise.all(few)).toEqual(['done', 'done']);
    expect((await Promise.all(many)).filter((outcome) => outcome === 'Error: dropped')).toHaveLength(1);
  });
});
