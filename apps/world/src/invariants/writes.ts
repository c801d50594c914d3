import type { StoredEvent } from '@edgeflow/contracts';

/** A write that somebody made, with how it was answered and how its event is known. */
export interface Write {
  /** What it was, for people. */
  what: string;
  /** The HTTP status; 5xx says nothing of the log, since what was not answered in time may be stored. */
  status: number;
  /** Its event, if there is one. */
  event: (event: StoredEvent) => boolean;
}

/** Every write that was answered with 2xx stands on the log, and none that was refused. @returns what is wrong, a line each */
export function writeFaults(events: readonly StoredEvent[], writes: readonly Write[]): string[] {
  return writes.flatMap(({ what, status, event }) => {
    const stored = events.some(event);
    if (status >= 200 && status < 300 && !stored) return [`${what} was answered with ${status} and is not on the log`];
    if (status >= 400 && status < 500 && stored) return [`${what} was refused with ${status} and is on the log`];
    return [];
  });
}
