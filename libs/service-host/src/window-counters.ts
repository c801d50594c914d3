import type { Clock } from '@edgeflow/runtime';
const MINUTE_MS = 60_000;

/** How often something has happened in the running window. */
export interface WindowCount {
  count: number;
  /** Until the count begins anew, in milliseconds. */
  resets_in_ms: number;
}

interface Window {
  count: number;
  ends_ms: number;
}

/**
 * Counts by name in windows of a minute each. A name's window begins with the first that is counted, not with the minute of the clock: whoever
 * waits for that one would have twice the limit at once. Windows that have ended are forgotten, so that traffic bounds the memory.
 */
export class WindowCounters {
  private windows = new Map<string, Window>();
  private sweep_ms = -Infinity;

  constructor(
    private readonly clock: Pick<Clock, 'steady_ms'>,
    private readonly window_ms: number = MINUTE_MS,
  ) {}

  /** Counts once more. */
  add(name: string): WindowCount {
    const now = this.clock.steady_ms();
    this.sweep(now);
    const window = this.running(name, now) ?? { count: 0, ends_ms: now + this.window_ms };
    window.count += 1;
    this.windows.set(name, window);
    return { count: window.count, resets_in_ms: window.ends_ms - now };
  }

  /** The count as it is. */
  of(name: string): WindowCount {
    const now = this.clock.steady_ms();
    const { count, ends_ms } = this.running(name, now) ?? { count: 0, ends_ms: now + this.window_ms };
    return { count, resets_in_ms: ends_ms - now };
  }

  private running(name: string, now: number): Window | undefined {
    const window = this.windows.get(name);
    return window && window.ends_ms > now ? window : undefined;
  }

  private sweep(now: number): void {
    if (now < this.sweep_ms) return;
    this.sweep_ms = now + this.window_ms;
    for (const [name, { ends_ms }] of this.windows) if (ends_ms <= now) this.windows.delete(name);
  }
}
