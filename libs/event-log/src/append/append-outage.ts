/** Attempts that fail for less than this are no outage yet, in milliseconds: a server may be busy. */
const PATIENCE_MS = 2_000;
/** Nobody has tried again for so long, so nobody knows, in milliseconds: who is said not to be ready gets no work to try with. */
const KNOWN_MS = 30_000;

/**
 * Whether what is published is answered. A server whose disk is full, or hangs, and one that has refused a write before, goes on answering
 * questions: only what is stored proves that something can be. Pure: it is told what happens, and when (milliseconds of a steady clock).
 */
export class AppendOutage {
  private since: number | undefined;
  private last = 0;

  /** The server has answered, whatever it said. */
  answered(): void {
    this.since = undefined;
  }

  /** An attempt has ended without an answer. */
  unanswered(now: number): void {
    this.since ??= now;
    this.last = now;
  }

  /** In words, why nothing can be written; undefined when something can, as far as is known. */
  reason(now: number): string | undefined {
    if (this.since === undefined || this.last - this.since < PATIENCE_MS || now - this.last > KNOWN_MS)
      return undefined;
    const for_s = Math.round((now - this.since) / 1000);
    return `nothing has been stored for ${for_s} s though the server answers: look at the disk of nats-server, and restart it once there is room`;
  }
}
