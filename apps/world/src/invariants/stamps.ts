import type { StoredEvent } from '@edgeflow/contracts';
import type { Invariant } from './invariant.js';

/** A process learns the log's time from answers that take a while, and its own may be wrong by this much before it stops leading, in milliseconds. */
const AHEAD_MS = 30_000;
/** What is written waits for a log that is away: longer than any outage of a history, in milliseconds. */
const BEHIND_MS = 15 * 60_000;

/**
 * Services go by the log's time, however wrong the clocks of their machines are (docs/operations.md, "The clock of a machine is wrong"): no event
 * says that it came about after it was stored, nor long before.
 */
export class Stamps implements Invariant {
  readonly name = 'events say the time of the log';

  observe({ time, stored_at, source }: StoredEvent): string[] {
    if (stored_at === undefined) return [];
    const ahead_ms = Date.parse(time) - Date.parse(stored_at);
    return ahead_ms > AHEAD_MS || ahead_ms < -BEHIND_MS
      ? [`${source} says ${time}, and it was stored at ${stored_at}`]
      : [];
  }

  end(): string[] {
    return [];
  }
}
