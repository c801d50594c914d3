/**
 * Who works on which image in this process. Any number of uploads may write the same key at once, since the same key is the same
 * bytes; what must not happen is that one of them removes the object while another has it verified and is about to announce it.
 */
export class KeyClaims {
  private readonly holders = new Map<string, number>();
  private readonly clearings = new Map<string, Promise<void>>();

  /** Runs `work` while nobody clears the key. It waits for a clearing that is under way, never for other holders. */
  async hold<T>(key: string, work: () => Promise<T>): Promise<T> {
    for (let clearing = this.clearings.get(key); clearing; clearing = this.clearings.get(key)) await clearing;
    this.holders.set(key, this.holdersOf(key) + 1);
    try {
      return await work();
    } finally {
      const left = this.holdersOf(key) - 1;
      if (left > 0) this.holders.set(key, left);
      else this.holders.delete(key);
    }
  }

  isHeld(key: string): boolean {
    return this.holders.has(key);
  }

  /**
   * Runs `clear` unless somebody holds the key: the last one who leaves it in trouble has to call this.
   * @returns what `clear` says, or false when the key is in use
   */
  async clear(key: string, clear: () => Promise<boolean>): Promise<boolean> {
    if (this.isHeld(key) || this.clearings.has(key)) return false;
    const clearing = clear();
    const over = clearing.then(
      () => undefined,
      () => undefined,
    );
    this.clearings.set(key, over);
    try {
      return await clearing;
    } finally {
      this.clearings.delete(key);
    }
  }

  private holdersOf(key: string): number {
    return this.holders.get(key) ?? 0;
  }
}
