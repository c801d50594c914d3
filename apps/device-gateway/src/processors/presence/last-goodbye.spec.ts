import { VirtualTime } from '@edgeflow/simulation';
import { beforeEach, describe, expect, it } from 'vitest';
import { LastGoodbye } from './last-goodbye.js';

const idOf = (position: number): string => `evt_${position}`;

let epoch: number;
let end: number;
let halted: string | undefined;
let looks: number;
let time: VirtualTime;
let goodbyes: LastGoodbye;
beforeEach(() => {
  [epoch, end, halted, looks] = [0, 9, undefined, 0];
  time = new VirtualTime();
  const log = {
    get epoch() {
      return epoch;
    },
    halted: () => halted,
    markAt: (position: number) => {
      looks += 1;
      return Promise.resolve(position > end ? undefined : idOf(position));
    },
  };
  goodbyes = new LastGoodbye(log, time.clock());
});

const say = (position: number): void => goodbyes.said({ id: idOf(position), position });
const isLost = (): Promise<boolean> => time.until(goodbyes.isLost());

/** The log comes back, and nothing stands behind this position. */
function cut(position: number): void {
  epoch += 1;
  end = position;
}

describe('the newest goodbye of a gateway', () => {
  it('is not asked for where there is none, or while the connection holds', async () => {
    expect(await isLost()).toBe(false);
    say(7);
    expect(await isLost()).toBe(false);
    expect(looks).toBe(0);
  });

  it('is not lost where the log has come back with it', async () => {
    say(7);
    cut(7);
    expect(await isLost()).toBe(false);
    cut(6);
    expect(await isLost()).toBe(true);
  });

  it('is lost once', async () => {
    say(7);
    cut(6);
    expect(await isLost()).toBe(true);
    expect(await isLost()).toBe(false);
  });

  it('is that at the highest position, in whatever order they come', async () => {
    say(8);
    say(7);
    cut(7);
    expect(await isLost()).toBe(true);
  });

  it('is lost also when another one is said before somebody looks, which counts from then on', async () => {
    say(8);
    cut(6);
    say(7);
    expect(await isLost()).toBe(true);
    cut(6);
    expect(await isLost()).toBe(true);
  });

  it('is in doubt while nobody may write, since a better copy of the log may come', async () => {
    say(7);
    cut(6);
    halted = 'orchestrator';
    await expect(isLost()).rejects.toMatchObject({ code: 'log-diverged' });
    halted = undefined;
    expect(await isLost()).toBe(true);
  });
});
