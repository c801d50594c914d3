const MINUTE_MS = 60_000;

/** How often something has happened in the running window. */
export interface WindowCount {
  count: number;
  /** Until the count begins anew, in milliseconds. */
  resets_in_ms: number;
}

/** Counts by name in windows, of a minute each; what one counted is forgotten when the next begins, so that traffic bounds the memory. */
export class WindowCounters {
  private window = 0;
  private counts = new Map<string, number>();

  constructor(private readonly window_ms: number = MINUTE_MS) {}

  /** Counts once more. */
  add(name: string): WindowCount {
    const before = this.of(name);
    this.counts.set(name, before.count + 1);
    return { ...before, count: before.count + 1 };
  }

  /** The count as it is. */
  of(name: string): WindowCount {
    const now = Date.now();
    const window = Math.floor(now / this.window_ms);
    if (window !== this.window) {
      this.window = window;
      this.counts = new Map();
    }
    return { count: this.counts.get(name) ?? 0, resets_in_ms: (window + 1) * this.window_ms - now };
  }
}
