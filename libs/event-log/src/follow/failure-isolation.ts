import { isUnread, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import type { Machine } from '@edgeflow/runtime';
import { backoff, warnSparsely } from '@edgeflow/telemetry';
import { isUnavailable } from '../connection/availability.js';
import { handlerRetries } from '../metrics.js';
import type { FollowOptions, Part } from '../types.js';

/** How often a batch, and then an event alone, may fail before it is taken apart, or set aside. */
const TRIES = 3;

/**
 * So many at most are handed over again as they are, when what they need was away: whoever catches up takes more, which may be what a slow
 * database never gets done in time.
 */
const AGAIN_AT_ONCE = 500;

/** What is handed over: an event, or what is left of one. */
export type Item = StoredEvent | UnreadEvent;

export interface FailureIsolationOptions extends Pick<FollowOptions, 'durable' | 'isTransient'> {
  handler: (part: Part) => Promise<void>;
  /** Keeps an event that cannot be handled, and says what is left of it; must not resolve before it is safe. */
  setAside: (event: StoredEvent, error: unknown) => Promise<UnreadEvent>;
  /** Ends the waiting between attempts. */
  signal: AbortSignal;
  machine: Machine;
}

interface Failure {
  error: unknown;
  /** What was needed was away, or had not enough time for so many. */
  isPassing?: true;
}

/** Brings events to a handler that may fail: retry, isolation, setting aside (see `EventLog.follow`). */
export class FailureIsolation {
  constructor(private readonly options: FailureIsolationOptions) {}

  /** Resolves when every event was handled or set aside. @throws AbortError when the signal ended the waiting */
  async run(items: readonly Item[]): Promise<void> {
    for (const segment of segmentsOf(items)) await this.part(segment, TRIES);
  }

  /** Halves what fails until the event is alone whose fault it is, and what is too much at once until it is not; its order stays. */
  private async part(items: readonly Item[], tries: number): Promise<void> {
    const [first, ...others] = items;
    if (!first) return;
    if (others.length === 0) return this.single(first);
    const failure = await this.within(items, tries);
    if (!failure) return;
    const middle = Math.ceil(items.length / 2);
    const tries_each = failure.isPassing ? tries : 1;
    await this.part(items.slice(0, middle), tries_each);
    await this.part(items.slice(middle), tries_each);
  }

  private async single(item: Item): Promise<void> {
    if (isUnread(item)) return this.pass(item);
    const failure = await this.within([item], TRIES);
    if (failure) await this.pass(await this.options.setAside(item, failure.error));
  }

  /** Nothing of an event that is not read can be at fault: what fails here has to be mended, however long it takes. */
  private async pass(unread: UnreadEvent): Promise<void> {
    for (let tries = 1; await this.attempt([unread]); tries++) await this.pause(tries);
  }

  /** @returns how it failed the last time, when it did so often */
  private async within(items: readonly Item[], tries: number): Promise<Failure | undefined> {
    for (let n = 1; ; n++) {
      const failure = await this.attempt(items);
      if (!failure || failure.isPassing || n >= tries) return failure;
      await this.pause(n);
    }
  }

  /** Calls the handler until it succeeds, or fails in a way that does not pass by itself, or with more than are handed over again as they are. */
  private async attempt(items: readonly Item[]): Promise<Failure | undefined> {
    const unread = items.filter(isUnread);
    const events = items.filter((item): item is StoredEvent => !isUnread(item));
    for (let attempt = 0; ; attempt++) {
      try {
        await this.options.handler({ events, unread });
        return undefined;
      } catch (error) {
        this.logFailure(error, items);
        if (!isUnavailable(error) && !this.options.isTransient?.(error)) return { error };
        await this.pause(attempt);
        if (items.length > AGAIN_AT_ONCE) return { error, isPassing: true };
      }
    }
  }

  private async pause(attempt: number): Promise<void> {
    const { signal, machine } = this.options;
    await machine.clock.sleep(backoff(attempt, machine.entropy), { signal });
    signal.throwIfAborted();
  }

  private logFailure(error: unknown, items: readonly Item[]): void {
    const { durable, machine } = this.options;
    handlerRetries.inc({ durable });
    const about = { err: error, durable, first: items[0]?.position, last: items.at(-1)?.position };
    warnSparsely(durable, about, 'events were not handled; they come again', machine.clock);
  }
}

/**
 * Cut where something was set aside, so that it comes in its order among the events; there is little of it. Of a type that is not known a
 * newer release may write a lot, and it has no meaning here that depends on the order.
 */
function segmentsOf(items: readonly Item[]): Item[][] {
  const segments: Item[][] = [];
  let before: boolean | undefined;
  for (const item of items) {
    const isDeadLetter = isUnread(item) && item.unread.why === 'set-aside';
    if (isDeadLetter === before) segments.at(-1)?.push(item);
    else segments.push([item]);
    before = isDeadLetter;
  }
  return segments;
}
