import type { Clock, Sleep, Stop, Wait } from './clock.js';

/** A timer of Node's takes no more (2^31 - 1): what is set for longer fires at once. */
const TIMER_MAX_MS = 2_147_483_647;

/** The clocks of this process, and its timers. The globals are looked up at each call, for those that put others in their place. */
export const systemClock: Clock = { now: () => new Date(), steady_ms: () => performance.now(), sleep, after, every };

function sleep(ms: number, { signal, ref = true }: Sleep = {}): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const over = (): void => {
      stop();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const stop = ms > 0 ? after(ms, over, { ref }) : nextTurn(over, ref);
    signal?.addEventListener('abort', over);
  });
}

function nextTurn(work: () => void, ref: boolean): Stop {
  const turn = setImmediate(work);
  if (!ref) turn.unref();
  return () => clearImmediate(turn);
}

function after(ms: number, work: () => void, { ref = true }: Wait = {}): Stop {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > TIMER_MAX_MS ? wait(left - TIMER_MAX_MS) : work()), Math.min(left, TIMER_MAX_MS));
    if (!ref) timer.unref();
  };
  // Node prints a warning at what is to be done in the past: a machine that stood still.
  wait(Math.max(0, ms));
  return () => clearTimeout(timer);
}

function every(ms: number, work: () => void, { ref = true }: Wait = {}): Stop {
  const timer = setInterval(work, ms);
  if (!ref) timer.unref();
  return () => clearInterval(timer);
}
