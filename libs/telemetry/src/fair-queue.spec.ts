import { setImmediate as settled } from 'node:timers/promises';
import { systemEntropy } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.js';

/** Works that end when they are told to, and the order in which they began. */
class Works {
  readonly begun: string[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(private readonly queue: FairQueue) {}

  /** @returns what became of it */
  async start(name: string, label = name): Promise<string> {
    const work = async () => {
      this.begun.push(label);
      await new Promise<void>((end) => this.ends.push(end));
      return 'done';
    };
    return this.queue.run(name, work).catch((error: unknown) => String(error));
  }

  async endOne(): Promise<void> {
    this.ends.shift()?.();
    await settled();
  }
}

const dropped = () => new Error('dropped');

describe('turns', () => {
  it('are taken by the names alternately, and within a name in the order they came', async () => {
    const works = new Works(new FairQueue({ at_once: 1, waiting: 10 }, systemEntropy, dropped));
    const all = ['a1', 'a2', 'a3', 'b1', 'a4', 'b2'].map((label) => works.start(label.slice(0, 1), label));
    for (let n = 0; n < 6; n++) await works.endOne();
    expect(await Promise.all(all)).toEqual(Array(6).fill('done'));
    expect(works.begun).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'a4']);
  });

  it('are taken by so many at once, also after one that failed', async () => {
    const queue = new FairQueue({ at_once: 2, waiting: 10 }, systemEntropy, dropped);
    const works = new Works(queue);
    await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    for (const label of ['a1', 'a2', 'a3']) void works.start('a', label);
    await settled();
    expect(works.begun).toEqual(['a1', 'a2']);
    expect(queue.isFree).toBe(false);
    await works.endOne();
    expect(works.begun).toEqual(['a1', 'a2', 'a3']);
    await works.endOne();
    expect(queue.isFree).toBe(true);
  });

  it('are taken away from one of the name that has most waiting when too much waits, and from no other', async () => {
    const works = new Works(new FairQueue({ at_once: 1, waiting: 4 }, systemEntropy, dropped));
    const many = ['a0', 'a1', 'a2', 'a3'].map((label) => works.start('a', label));
    const few = [works.start('b'), works.start('c')];
    for (let n = 0; n < 6; n++) await works.endOne();
    expect(await Promise.all(few)).toEqual(['done', 'done']);
    expect((await Promise.all(many)).filter((outcome) => outcome === 'Error: dropped')).toHaveLength(1);
  });

  it('are taken away from the one that the lot names', async () => {
    const works = new Works(new FairQueue({ at_once: 1, waiting: 4 }, { random: () => 0.5 }, dropped));
    const all = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'].map((label) => works.start('a', label));
    for (let n = 0; n < 6; n++) await works.endOne();
    expect((await Promise.all(all)).indexOf('Error: dropped')).toBe(3);
  });
});
