/** So long without a step is a stall, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Watches whether a reader of the log gets on. Pure: it is told what there is, and when. */
export class Progress {
  private next: number | undefined;
  private since = 0;

  /** @param next the first position that there is for the reader and that it has not passed; undefined for none */
  saw(next: number | undefined, now: number): void {
    if (next === this.next) return;
    this.next = next;
    this.since = now;
  }

  /** The position that it has not passed, and for how long, in seconds; undefined while it gets on, or there is nothing for it. */
  stalled(now: number): { position: number; for_s: number } | undefined {
    const waited = now - this.since;
    if (this.next === undefined || waited < PATIENCE_MS) return undefined;
    return { position: this.next, for_s: Math.floor(waited / 1000) };
  }
}
