/**
 * Makes this process's clock wrong, as a machine's may be: what asks for the time is told so many milliseconds more, or less. Timers and
 * `performance.now()` stay.
 * @returns sets the clock right
 */
export function shiftClock(ms: number): () => void {
  const Right = globalThis.Date;
  class Wrong extends Right {
    constructor(...said: unknown[]) {
      super(...((said.length === 0 ? [Right.now() + ms] : said) as [number]));
    }

    static override now(): number {
      return Right.now() + ms;
    }
  }
  globalThis.Date = Wrong as DateConstructor;
  return () => void (globalThis.Date = Right);
}
