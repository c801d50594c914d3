/** Lets so many work at a time; who comes later waits in line. */
export class Turns {
  private busy = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly atOnce: number) {}

  /** Does `work` when its turn has come. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.busy === this.atOnce) await new Promise<void>((resolve) => this.line.push(resolve));
    else this.busy += 1;
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      // The turn is handed over, so that nobody gets in between.
      if (next) next();
      else this.busy -= 1;
    }
  }
}
