import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { backoff } from '../connection/availability.js';
import { Poison } from '../errors.js';
import { handlerRetries } from '../metrics.js';

/** How often an event's handler may fail before the event is set aside. */
const TRIES = 3;

export interface HandingOverOptions {
  durable: string;
  handler: (batch: readonly StoredEvent[]) => Promise<void>;
  isTransient: (error: unknown) => boolean;
  /** Keeps an event that cannot be handled; must not resolve before it is safe. */
  setAside: (event: StoredEvent, error: unknown) => Promise<void>;
  /** Ends the waiting between attempts. */
  signal: AbortSignal;
}

/** Brings events to a handler that may fail: retry, isolation, setting aside (see `EventLog.follow`). */
export class HandingOver {
  constructor(private readonly options: HandingOverOptions) {}

  /** Resolves when every event was handled or set aside. @throws AbortError when the signal ended the waiting */
  async run(events: readonly StoredEvent[]): Promise<void> {
    if (events.length > 1) {
      const failure = await this.attempt(events);
      if (!failure) return;
      this.logFailure(failure.error, events, 'a batch failed; its events are handled one by one');
    }
    for (const event of events) await this.single(event);
  }

  private async single(event: StoredEvent): Promise<void> {
    for (let tries = 1; ; tries++) {
      const failure = await this.attempt([event]);
      if (!failure) return;
      const { error } = failure;
      if (error instanceof Poison || tries === TRIES) return this.options.setAside(event, error);
      this.logFailure(error, [event], 'an event was not handled; it is tried again');
      await sleep(backoff(tries), undefined, { signal: this.options.signal });
    }
  }

  /** Calls the handler until it succeeds, or fails in a way that does not pass by itself; that error comes back. */
  private async attempt(events: readonly StoredEvent[]): Promise<{ error: unknown } | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.options.handler(events);
        return undefined;
      } catch (error) {
        if (error instanceof Poison || !this.options.isTransient(error)) return { error };
        this.logFailure(error, events, 'a handler waits for something that is away; the same events come again');
        await sleep(backoff(attempt), undefined, { signal: this.options.signal });
      }
    }
  }

  private logFailure(error: unknown, events: readonly StoredEvent[], message: string): void {
    const { durable } = this.options;
    handlerRetries.inc({ durable });
    logger.warn({ err: error, durable, first: events[0]?.position, last: events.at(-1)?.position }, message);
  }
}
