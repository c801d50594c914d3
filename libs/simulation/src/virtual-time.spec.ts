import { describe, expect, it } from 'vitest';
import { SeededEntropy } from './seeded-entropy.js';
import { VirtualTime } from './virtual-time.js';

describe('virtual time', () => {
  it('brings what comes first first, and of two at one moment the one that was set first', async () => {
    const time = new VirtualTime();
    const came: string[] = [];
    for (const [ms, name] of [
      [20, 'c'],
      [10, 'a'],
      [20, 'd'],
      [10, 'b'],
    ] as const) {
      time.at(ms, () => came.push(`${name} ${time.now_ms}`));
    }
    await time.pass(30);
    expect(came).toEqual(['a 10', 'b 10', 'c 20', 'd 20']);
    expect(time.now_ms).toBe(30);
  });

  it('keeps the order of thousands of timers, of which many are called off', async () => {
    const entropy = new SeededEntropy(1);
    const time = new VirtualTime();
    const [came, wanted]: [number[], number[]] = [[], []];
    for (let n = 0; n < 5_000; n += 1) {
      const at = Math.floor(entropy.random('at') * 1_000);
      const stop = time.at(at, () => came.push(at));
      if (entropy.random('off') < 0.7) stop();
      else wanted.push(at);
    }
    await time.pass(1_000);
    expect(came).toEqual(wanted.toSorted((one, other) => one - other));
  });

  it('lets a seed say which node comes first at one moment, and keeps the order of each node', async () => {
    const orders = await Promise.all(
      Array.from({ length: 20 }, async (_, order_seed) => {
        const time = new VirtualTime({ order_seed });
        const came: string[] = [];
        for (const lane of [1, 2, 3]) {
          for (const n of [1, 2]) time.clock({ lane }).after(5, () => came.push(`${lane}.${n}`));
        }
        await time.pass(5);
        for (const lane of [1, 2, 3]) expect(came.indexOf(`${lane}.1`)).toBe(came.indexOf(`${lane}.2`) - 1);
        return came.join(' ');
      }),
    );
    expect(new Set(orders).size).toBeGreaterThan(3);
  });

  it('lets everything settle before the next timer comes', async () => {
    const time = new VirtualTime();
    const came: string[] = [];
    const work = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) await Promise.resolve();
      process.nextTick(() => came.push('settled'));
    };
    time.at(1, () => void work());
    time.at(1, () => came.push('next'));
    await time.pass(1);
    expect(came).toEqual(['settled', 'next']);
  });

  it('says when what is waited for does not come about, and loses nothing by that', async () => {
    const time = new VirtualTime();
    const late = time.clock().sleep(1_000);
    await expect(time.until(late, 500)).rejects.toThrow('it has not come about');
    await time.until(late);
    expect(time.now_ms).toBe(1_000);
    await expect(time.until(new Promise(() => undefined))).rejects.toThrow('nothing more is to come');
    await expect(time.become(() => false)).rejects.toThrow('it has not become so');
  });

  it('hands on what was thrown in a step, and what a watcher throws', async () => {
    const time = new VirtualTime();
    time.at(1, () => {
      throw new Error('uncaught');
    });
    await expect(time.pass(10)).rejects.toThrow('uncaught');
    const stop = time.watch(() => {
      if (time.now_ms >= 5) throw new Error('violated');
    });
    time.at(5, () => undefined);
    await expect(time.pass(10)).rejects.toThrow('violated');
    stop();
    await time.pass(10);
  });

  it('does not stand still, and is not let go on by two', async () => {
    const time = new VirtualTime();
    const clock = time.clock();
    const again = (): void => void clock.after(0, again);
    again();
    await expect(time.pass(1)).rejects.toThrow('time stands still at 0 ms');
    const other = new VirtualTime();
    const passing = other.pass(10);
    await expect(other.pass(10)).rejects.toThrow('time goes on already');
    await passing;
  });
});
