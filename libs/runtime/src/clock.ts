/** Calls off what was to be done at a time. To stop twice, or too late, does nothing. */
export type Stop = () => void;

/** How something waits. */
export interface Wait {
  /** False: the wait alone keeps no process running. Default: it does. */
  ref?: boolean;
}

/** How a sleep waits. */
export interface Sleep extends Wait {
  /** Ends the sleep early. */
  signal?: AbortSignal | undefined;
}

/**
 * Time, as a program takes it from its machine. It comes in by constructor, so that whoever puts another one in its place decides how time
 * goes. All times are in milliseconds. An abstract class, so that Nest can provide it by its type.
 */
export abstract class Clock {
  /** The machine's wall clock, which people may set. */
  abstract now(): Date;

  /** A steady clock, from an unknown moment on: what durations are measured by. */
  abstract steady_ms(): number;

  /**
   * Resolves when the time is over, or `signal` fires; it never rejects.
   * @param ms of 0 or less: when what has arrived by now has had its turn
   */
  abstract sleep(ms: number, how?: Sleep): Promise<void>;

  /** Does `work` once, after so long. @returns what calls it off */
  abstract after(ms: number, work: () => void, how?: Wait): Stop;

  /** Does `work` again and again, first after `ms`. @returns what ends it */
  abstract every(ms: number, work: () => void, how?: Wait): Stop;
}

/**
 * A signal that fires after so long with a `TimeoutError`, as that of `AbortSignal.timeout` does, by this clock. The wait alone keeps no
 * process running.
 */
export function timeoutSignal(clock: Clock, ms: number): AbortSignal {
  const late = new AbortController();
  clock.after(ms, () => late.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), {
    ref: false,
  });
  return late.signal;
}
