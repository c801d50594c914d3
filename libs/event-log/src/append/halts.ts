import { Refused } from '@edgeflow/contracts';
import { errorSparsely, logger } from '@edgeflow/telemetry';
import { storeAside } from '../dead-letter.js';
import { isUnavailable } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import type { Checked } from '../connection/periodic-check.js';
import { DEAD_LETTER_STREAM } from '../connection/stream.js';
import { logHalted } from '../metrics.js';
import { directBatch } from '../read/direct-batch.js';

/** What lies there is of no organization, as little as what is set aside under `_`. Each durable writes its own. */
const SUBJECT = 'aside.__log';
const REASON = 'Halt-Reason';
const UNTOLD = 'who writes the log cannot be told to stop; trying again';

/**
 * Whether the log may be written. A fold whose rows were not made of it says so here, and every process that writes hears it: what is
 * written onto a log that has lost its tail makes the loss harder to find and to mend (ADR 0027).
 */
export class Halts implements Checked {
  /** By the durable that said it. */
  private readonly reasons = new Map<string, string>();
  /** What is said by this process: it knows better than what is stored. */
  private readonly own = new Map<string, string>();
  /** Durables of which this process has stored a word that was not answered: it may come to stand there later, over what is said meanwhile. */
  private readonly unanswered = new Set<string>();
  /** Durables whose word is being stored: one at a time, so that an earlier one is never stored over a later one. */
  private readonly publishing = new Set<string>();
  readonly unseen = 'whether the log may be written cannot be seen';

  constructor(private readonly connection: Connection) {}

  async look(): Promise<void> {
    const stored = await this.stored();
    for (const durable of new Set([...stored.keys(), ...this.reasons.keys()])) {
      this.keep(durable, this.own.get(durable) ?? stored.get(durable) ?? '');
    }
  }

  /** Why nothing may be written, and who says so: `checkpoint-ahead: rollout-orchestrator-fold`; undefined while it may. */
  get reason(): string | undefined {
    const [first] = this.reasons;
    return first && `${first[1]}: ${first[0]}`;
  }

  /** @throws Refused `log-diverged` while nothing may be written */
  admit(): void {
    const { reason } = this;
    if (reason !== undefined) throw new Refused('log-diverged', undefined, { reason });
  }

  /** Says that nothing may be written, or, without a reason, that it may: at once here, and soon everywhere. */
  say(durable: string, reason: string | undefined): void {
    this.own.set(durable, reason ?? '');
    this.keep(durable, reason ?? '');
    if (!this.publishing.has(durable)) void this.publish(durable);
  }

  /** Until what was said last is stored. */
  private async publish(durable: string): Promise<void> {
    this.publishing.add(durable);
    for (let attempt = 0; !this.connection.nats.isClosed(); attempt++) {
      try {
        const stored = (await this.stored()).get(durable) ?? '';
        const reason = this.own.get(durable) ?? '';
        if (stored !== reason || this.unanswered.has(durable)) await this.store(durable, reason);
        if (this.own.get(durable) === reason) break;
      } catch (error) {
        if (!isUnavailable(error))
          errorSparsely(durable, { err: error, durable }, UNTOLD, this.connection.machine.clock);
        await this.connection.pause(attempt, { ref: false });
      }
    }
    this.publishing.delete(durable);
  }

  private async store(durable: string, reason: string): Promise<void> {
    this.unanswered.add(durable);
    await storeAside(this.connection, `${SUBJECT}.${durable}`, [[REASON, reason]], '');
    this.unanswered.delete(durable);
  }

  private async stored(): Promise<Map<string, string>> {
    const query = { multi_last: [`${SUBJECT}.*`] };
    const found = await this.connection.ask(() => directBatch(this.connection, query, DEAD_LETTER_STREAM));
    return new Map(found.map(({ subject, header }) => [subject.slice(SUBJECT.length + 1), header.get(REASON)]));
  }

  private keep(durable: string, reason: string): void {
    const before = this.reasons.get(durable) ?? '';
    if (reason === '') this.reasons.delete(durable);
    else this.reasons.set(durable, reason);
    logHalted.set(this.reasons.size > 0 ? 1 : 0);
    if (before !== reason)
      logger.warn(
        { durable, reason: reason || undefined },
        reason ? 'the log may not be written' : 'the log may be written again',
      );
  }
}
