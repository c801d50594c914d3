import type { Clock } from '@edgeflow/runtime';
import { logger, warnSparsely } from '@edgeflow/telemetry';
import type { Inboxes } from '../event-log.js';
import type { InboxHandler, InboxMessage } from './take-in.js';

/** How often it is looked at what nobody tells, in milliseconds. */
export interface InboxPace {
  /** Which organizations have come. */
  look_ms: number;
  /** Whether this process leads. */
  beat_ms: number;
}

const PACE: InboxPace = { look_ms: 3_000, beat_ms: 250 };
/** A message that is not taken in within so long keeps all behind it, in milliseconds: far longer than one may wait for its budget. */
const STALLED_MS = 15_000;

/** What takes in requests of teams, from its start until it is stopped. */
export interface InboxListener {
  start(): void;
  /** Finishes what is under way and stops. */
  stop(): Promise<void>;
  /** For a readiness check. @throws Error that names the organizations whose inbox does not get on */
  check(): void;
}

/** Takes in what lies in every organization's inbox while this process leads, each by itself: none waits for another. */
export class AllInboxes implements InboxListener {
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  private term = new AbortController();
  /** Since when the message that is taken in now is tried, by organization. */
  private readonly taking = new Map<string, number>();
  private looked = -Infinity;
  private said = '';
  private watching: Promise<void> = Promise.resolve();

  /** @param leading says whether this process is the one that takes in */
  constructor(
    private readonly inboxes: Pick<Inboxes, 'organizations' | 'takeIn'>,
    private readonly leading: () => boolean,
    private readonly handler: InboxHandler,
    private readonly clock: Clock,
    private readonly pace = PACE,
  ) {}

  start(): void {
    this.watching = this.watch();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    await this.lay();
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (!this.leading()) await this.lay();
      else if (this.clock.steady_ms() - this.looked >= this.pace.look_ms) await this.look();
      await this.clock.sleep(this.pace.beat_ms, { signal });
    }
  }

  private async look(): Promise<void> {
    try {
      for (const org of await this.inboxes.organizations()) {
        if (!this.running.has(org)) this.running.set(org, this.takeFrom(org, this.term.signal));
      }
      this.said = '';
    } catch (error) {
      // Said once: a server without our newest rights denies it every time.
      if (String(error) !== this.said) logger.warn({ err: error }, 'the inboxes of teams cannot be looked for');
      this.said = String(error);
    }
    this.looked = this.clock.steady_ms();
  }

  /** Another process leads: it takes in from here on. */
  private async lay(): Promise<void> {
    if (this.running.size === 0) return;
    this.term.abort();
    await Promise.all(this.running.values());
    this.running.clear();
    this.taking.clear();
    this.term = new AbortController();
  }

  check(): void {
    const late = this.clock.steady_ms() - STALLED_MS;
    const stalled = [...this.taking].filter(([, since]) => since < late).map(([org]) => org);
    if (stalled.length > 0) throw new Error(`requests of ${stalled.join(', ')} are not taken in`);
  }

  private async takeFrom(org: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.inboxes.takeIn(org, (message) => this.take(message), signal);
      } catch (error) {
        warnSparsely(org, { err: error, org }, 'the taking in of requests broke off; it begins again', this.clock);
        await this.clock.sleep(this.pace.look_ms, { signal });
      }
    }
  }

  private async take(message: InboxMessage): Promise<void> {
    if (message.attempt === 1) this.taking.set(message.org, this.clock.steady_ms());
    await this.handler(message);
    this.taking.delete(message.org);
  }
}
