/** Lets so many work at a time; who comes later waits in line, each party in its own: the lines take turns, however long they are. */
export class Turns {
  private busy = 0;
  private readonly lines = new Map<string, (() => void)[]>();

  constructor(private readonly atOnce: number) {}

  /** Does `work` when its turn has come. */
  async run<T>(party: string, work: () => Promise<T>): Promise<T> {
    if (this.busy === this.atOnce) await new Promise<void>((resolve) => this.queue(party, resolve));
    else this.busy += 1;
    try {
      return await work();
    } finally {
      const next = this.next();
      // The turn is handed over, so that nobody gets in between.
      if (next) next();
      else this.busy -= 1;
    }
  }

  private queue(party: string, resolve: () => void): void {
    const line = this.lines.get(party);
    if (line) line.push(resolve);
    else this.lines.set(party, [resolve]);
  }

  /** The first of the line that has waited longest for its turn; the line goes behind all others then. */
  private next(): (() => void) | undefined {
    for (const [party, line] of this.lines) {
      this.lines.delete(party);
      const first = line.shift();
      if (line.length > 0) this.lines.set(party, line);
      if (first) return first;
    }
    return undefined;
  }
}
