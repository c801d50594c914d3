const MINUTE_MS = 60_000;

/** How often something has happened in the running minute. */
export interface MinuteCount {
  count: number;
  /** Until the count begins anew, in seconds. */
  resets_in_s: number;
}

/** Counts by name in windows of a minute; what a window counted is forgotten when the next begins, so that memory is bounded by traffic. */
export class MinuteCounters {
  private window = 0;
  private counts = new Map<string, number>();

  /** Counts once more. */
  add(name: string): MinuteCount {
    const before = this.of(name);
    this.counts.set(name, before.count + 1);
    return { ...before, count: before.count + 1 };
  }

  /** The count as it is. */
  of(name: string): MinuteCount {
    const now = Date.now();
    const window = Math.floor(now / MINUTE_MS);
    if (window !== this.window) {
      this.window = window;
      this.counts = new Map();
    }
    const resets_in_s = Math.ceil(((window + 1) * MINUTE_MS - now) / 1000);
    return { count: this.counts.get(name) ?? 0, resets_in_s };
  }
}
