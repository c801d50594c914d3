/** Values on their way to one reader, in order, until an end. */
export class Channel<T> implements AsyncIterable<T> {
  private readonly values: T[] = [];
  private ended: { error?: unknown } | undefined;
  private wake: (() => void) | undefined;

  push(value: T): void {
    if (this.ended) return;
    this.values.push(value);
    this.wake?.();
  }

  /** What was pushed before is still read. */
  end(error?: unknown): void {
    this.ended ??= error === undefined ? {} : { error };
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      if (this.values.length > 0) yield this.values.shift() as T;
      else if (this.ended) break;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
    if (this.ended.error !== undefined) throw this.ended.error;
  }
}
