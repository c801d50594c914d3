/**
 * One after the other, by name: devices that register with one claim at the same time would otherwise only conflict with each other
 * on its lane.
 */
export class ClaimTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Does `work` when all work of this name that came before has ended. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(name) ?? Promise.resolve();
    const own = before.then(work, work);
    this.last.set(name, own);
    try {
      return await own;
    } finally {
      if (this.last.get(name) === own) this.last.delete(name);
    }
  }
}
