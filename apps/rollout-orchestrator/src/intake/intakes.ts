import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog, InboxMessage } from '@edgeflow/event-log';
import { logger, warnSparsely } from '@edgeflow/telemetry';
import type { Requests } from '../requests/requests.js';
import type { Allowance } from './budget.js';
import { Intake } from './intake.js';

/** How often is looked for organizations that have come, in milliseconds. */
const LOOK_MS = 3_000;
/** How often is looked whether this replica leads, in milliseconds. */
const BEAT_MS = 250;
/** A message that is not taken in within so long keeps all behind it, in milliseconds: far longer than one may wait for its budget. */
const STALLED_MS = 15_000;

/** Takes in what lies in every organization's inbox while this replica leads, each by itself: none waits for another. */
export class Intakes {
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  private term = new AbortController();
  /** Since when the message that is taken in now is tried, by organization. */
  private readonly taking = new Map<string, number>();
  private looked = 0;
  private said = '';
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: EventLog,
    private readonly requests: Requests,
    private readonly perMinute: Allowance,
  ) {}

  /** Works while `leading()` says that this replica is the one. */
  start(leading: () => boolean): void {
    this.watching = this.watch(leading);
  }

  /** Finishes what is under way and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    await this.lay();
  }

  private async watch(leading: () => boolean): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (!leading()) await this.lay();
      else if (Date.now() - this.looked >= LOOK_MS) await this.look();
      await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    try {
      for (const org of await this.log.inboxes.organizations()) {
        if (!this.running.has(org)) this.running.set(org, this.takeFrom(org, this.term.signal));
      }
      this.said = '';
    } catch (error) {
      // Said once: a server without our newest rights denies it every time.
      if (String(error) !== this.said) logger.warn({ err: error }, 'the inboxes of teams cannot be looked for');
      this.said = String(error);
    }
    this.looked = Date.now();
  }

  /** Another replica leads: it takes in from here on. */
  private async lay(): Promise<void> {
    if (this.running.size === 0) return;
    this.term.abort();
    await Promise.all(this.running.values());
    this.running.clear();
    this.taking.clear();
    this.term = new AbortController();
  }

  /** For a readiness check. @throws Error that names the organizations whose inbox does not get on */
  check(): void {
    const late = Date.now() - STALLED_MS;
    const stalled = [...this.taking].filter(([, since]) => since < late).map(([org]) => org);
    if (stalled.length > 0) throw new Error(`requests of ${stalled.join(', ')} are not taken in`);
  }

  private async takeFrom(org: string, signal: AbortSignal): Promise<void> {
    const intake = new Intake(this.log, this.requests, this.perMinute);
    while (!signal.aborted) {
      try {
        await this.log.inboxes.takeIn(org, (message) => this.take(intake, message), signal);
      } catch (error) {
        warnSparsely(org, { err: error, org }, 'the taking in of requests broke off; it begins again');
        await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
  private async take(intake: Intake, message: InboxMessage): Promise<void> {
    if (message.attempt === 1) this.taking.set(message.org, Date.now());
    await intake.take(message);
    this.taking.delete(message.org);
  }
}
