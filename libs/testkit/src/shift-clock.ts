/**
 * Makes this process's clock wrong, as a machine's may be: what asks for the time is told so many milliseconds more, or less. Timers and
 * `performance.now()` stay.
 * @returns sets the clock right
 */
export function shiftClock(ms: number): () => void {
  const Right = globalThis.Date;
  class Wrong extends Right {
    constructor(...said: [] | [number | string | Date]) {
      if (said.length === 0) super(Right.now() + ms);
      // Dates in parts, which nobody here makes, would need the other constructor.
      else super(said[0]);
    }

    static override now(): number {
      return Right.now() + ms;
    }
  }
  globalThis.Date = Wrong as DateConstructor;
  return () => void (globalThis.Date = Right);
}
