import { timeoutSignal } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { VirtualTime } from './virtual-time.js';

const start = new Date('2026-03-01T12:00:00.000Z');

describe('the clock of a node', () => {
  it('is off and drifts as it is told, in its timers too', async () => {
    const time = new VirtualTime({ start });
    const clock = time.clock({ offset_ms: -60_000, drift_ppm: 100_000 });
    expect(clock.now()).toEqual(new Date('2026-03-01T11:59:00.000Z'));
    await time.until(clock.sleep(1_100));
    expect([time.now_ms, clock.steady_ms()]).toEqual([1_000, 1_100]);
    clock.drift(0);
    clock.offset_ms = 0;
    await time.until(clock.sleep(1_000));
    expect([time.now_ms, clock.steady_ms()]).toEqual([2_000, 2_100]);
    expect(clock.now()).toEqual(new Date('2026-03-01T12:00:02.100Z'));
  });

  it('has said what it waited for when that comes, however odd its rate is', async () => {
    const time = new VirtualTime();
    const clock = time.clock({ drift_ppm: 37 });
    for (let n = 0; n < 2_000; n += 1) {
      const due = clock.steady_ms() + 0.1 * n;
      await time.until(clock.sleep(0.1 * n));
      expect(clock.steady_ms()).toBeGreaterThanOrEqual(due - 1e-6);
    }
  });

  it('brings what was due in a pause late, in its order, but not what was called off meanwhile', async () => {
    const time = new VirtualTime();
    const clock = time.clock();
    const came: string[] = [];
    clock.after(2, () => came.push(`second ${time.now_ms}`));
    clock.after(1, () => came.push(`first ${time.now_ms}`));
    const stop = clock.after(3, () => came.push('called off'));
    clock.pause();
    clock.whenRunning(() => came.push(`from outside ${time.now_ms}`));
    await time.pass(10);
    expect(came).toEqual([]);
    stop();
    clock.resume();
    await time.pass(1);
    expect(came).toEqual(['from outside 10', 'first 10', 'second 10']);
  });

  it('brings nothing to the dead', async () => {
    const time = new VirtualTime();
    const clock = time.clock();
    const came: string[] = [];
    const signal = new AbortController();
    clock.after(1, () => came.push('timer'));
    clock.every(1, () => came.push('interval'));
    void clock.sleep(1).then(() => came.push('sleep'));
    void clock.sleep(9, { signal: signal.signal }).then(() => came.push('aborted'));
    clock.pause();
    await time.pass(5);
    clock.kill();
    clock.resume();
    clock.whenRunning(() => came.push('from outside'));
    signal.abort();
    await time.pass(5);
    expect([came, clock.isAlive]).toEqual([[], false]);
  });

  it('does something again and again until it is stopped, also by itself', async () => {
    const time = new VirtualTime();
    const clock = time.clock();
    const came: number[] = [];
    const stop = clock.every(10, () => {
      if (came.push(time.now_ms) === 3) stop();
    });
    await time.pass(100);
    expect(came).toEqual([10, 20, 30]);
  });

  it('wakes a sleeper at a signal, and has signals that time out', async () => {
    const time = new VirtualTime();
    const clock = time.clock();
    const signal = timeoutSignal(clock, 50);
    await time.until(clock.sleep(1_000, { signal }));
    expect(time.now_ms).toBe(50);
    await time.until(clock.sleep(1_000, { signal }));
    expect(time.now_ms).toBe(50);
  });
});
