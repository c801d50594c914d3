import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeoutSignal } from './clock.js';
import { systemClock } from './system-clock.js';

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05.000Z') }));
afterEach(() => void vi.useRealTimers());

/** Whether a promise is settled by now. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => false)]);
}

describe('the clock of this machine', () => {
  it('says what the machine says at that moment', async () => {
    const before = systemClock.steady_ms();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(systemClock.now()).toEqual(new Date('2026-01-02T03:04:06.500Z'));
    expect(systemClock.steady_ms() - before).toBe(1_500);
  });

  it('sleeps so long', async () => {
    const sleeping = systemClock.sleep(1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(await isOver(sleeping)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isOver(sleeping)).toBe(true);
  });

  it('wakes at a signal, also at one that has fired, and leaves no timer behind', async () => {
    const [early, later] = [AbortSignal.abort(), new AbortController()];
    await systemClock.sleep(1_000, { signal: early });
    const sleeping = systemClock.sleep(1_000, { signal: later.signal });
    expect(vi.getTimerCount()).toBe(1);
    later.abort();
    await sleeping;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives everybody else a turn in a sleep of no time', async () => {
    vi.useRealTimers();
    const turns: string[] = [];
    setImmediate(() => turns.push('what had arrived'));
    await systemClock.sleep(0);
    expect(turns).toEqual(['what had arrived']);
  });

  it('does something once, unless it is called off', async () => {
    const [done, calledOff] = [vi.fn(), vi.fn()];
    systemClock.after(1_000, done);
    systemClock.after(1_000, calledOff)();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([done.mock.calls.length, calledOff.mock.calls.length]).toEqual([1, 0]);
  });

  it('does now what is late, and has nothing to say about it', async () => {
    const [done, warned] = [vi.fn(), vi.fn()];
    vi.useRealTimers();
    process.on('warning', warned);
    systemClock.after(-250, done);
    await vi.waitFor(() => expect(done).toHaveBeenCalledOnce());
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });

  it('does after a month what is to be done after a month', async () => {
    const [done, calledOff] = [vi.fn(), vi.fn()];
    const month_ms = 30 * 24 * 3_600_000;
    systemClock.after(month_ms, done);
    const stop = systemClock.after(month_ms, calledOff);
    await vi.advanceTimersByTimeAsync(month_ms - 1);
    expect(done).not.toHaveBeenCalled();
    stop();
    await vi.advanceTimersByTimeAsync(1);
    expect([done.mock.calls.length, calledOff.mock.calls.length]).toEqual([1, 0]);
  });

  it('does something again and again until it is stopped', async () => {
    const work = vi.fn();
    const stop = systemClock.every(1_000, work);
    await vi.advanceTimersByTimeAsync(3_500);
    stop();
    await vi.advanceTimersByTimeAsync(3_500);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('has signals that fire when something takes too long', async () => {
    const signal = timeoutSignal(systemClock, 1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });
});
