import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, type OtaEvent } from '@edgeflow/contracts';
import { backoff, isUnavailable } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { AppendOutage } from './append-outage.js';
import { AlreadyAppended, Conflict } from '../errors.js';
import type { FillLevel } from './fill-level.js';
import type { Guard } from './guards.js';
import type { Halts } from './halts.js';
import type { OrgBudgets } from './org-budgets.js';
import { encode, publish, sizeOf, withoutLease, type Outgoing } from './publish.js';
import { hasNoLeases, isConflict, isFull, isPassing, isSeenId, type PublishError } from './publish-reply.js';
import { Reader, type Place } from '../read/read.js';
import { inAppendSpan } from './spans.js';
import { TakenIds, withFreshId } from './taken-ids.js';
import { Turns } from './turns.js';
import type { Appended, Expectation } from '../types.js';

/** How long an append is tried, in milliseconds, before the log counts as unavailable. */
const PATIENCE_MS = 5_000;
/**
 * Appends under way at the same time. A fleet that reports at once would else have more of them on the way than the server answers within
 * one attempt, each would be sent again, and the server would do nothing but look at repetitions.
 */
const AT_ONCE = 128;

/** The writing side of the log. */
export class Appender {
  private readonly reader: Reader;
  private readonly taken: TakenIds;
  private readonly turns = new Turns(AT_ONCE);
  private readonly outage = new AppendOutage();

  constructor(
    private readonly connection: Connection,
    private readonly fill: FillLevel,
    private readonly budgets: OrgBudgets,
    private readonly halts: Halts,
  ) {
    this.reader = new Reader(connection);
    this.taken = new TakenIds(this.reader);
  }

  /** See `EventLog.append`. */
  append(events: readonly OtaEvent[], expect: Expectation): Promise<Appended> {
    return this.write(events, expect);
  }

  /** See `EventLog.record`. */
  record(event: OtaEvent): Promise<Appended> {
    return this.write([event], undefined);
  }

  /** Why nothing can be written; undefined when something can, as far as is known. */
  troubled(): string | undefined {
    return this.outage.reason(performance.now());
  }

  private async write(events: readonly OtaEvent[], expect: Expectation | undefined): Promise<Appended> {
    this.halts.admit();
    if (expect?.urgent !== true) this.fill.admit(events);
    if (expect?.charged !== true) this.budgets.charge(events);
    return inAppendSpan(events, async (traced) => {
      const messages = encode(traced, expect);
      let reply = await this.send(messages);
      // Rather for ever than not at all.
      if ('err_code' in reply && hasNoLeases(reply)) reply = await this.send(messages.map(withoutLease));
      if (await this.taken.isForeign(reply, messages)) reply = await this.send(messages.map(withFreshId));
      if ('seq' in reply) this.fill.grew(sizeOf(messages));
      if ('seq' in reply) return { first: reply.seq - events.length + 1, last: reply.seq, duplicate: reply.duplicate };
      return this.explain(reply, messages);
    });
  }

  private send(messages: readonly Outgoing[]): ReturnType<typeof publish> {
    const deadline = Date.now() + PATIENCE_MS;
    return this.turns.run(messages[0]?.event.org ?? '', () => this.stored(messages, deadline));
  }

  /** The server's word on the messages. Sent again with the same ids when it gives none, so that they are stored once. */
  private async stored(messages: readonly Outgoing[], deadline: number): ReturnType<typeof publish> {
    // Its turn came too late: the log was away meanwhile, or is far behind.
    if (Date.now() >= deadline) throw new Refused('log-unavailable');
    for (let attempt = 0; ; attempt++) {
      let cause: unknown;
      try {
        const patience = deadline - Date.now();
        const reply = await this.connection.ask(() => publish(this.connection, messages), patience);
        this.outage.answered();
        if (!('err_code' in reply) || !isPassing(reply)) return reply;
        cause = reply;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        this.outage.unanswered(performance.now());
        cause = error;
      }
      const pause = backoff(attempt);
      if (Date.now() + pause > deadline) throw new Refused('log-unavailable', undefined, {}, { cause });
      await sleep(pause);
    }
  }

  /**
   * Why the server refused. It looks at the expectation before the id (2.15), so a retry of what an earlier attempt had stored comes
   * back as a conflict: it is one only when other events than ours follow what the caller saw.
   */
  private async explain(error: PublishError, messages: readonly Outgoing[]): Promise<Appended> {
    if (isFull(error)) {
      this.fill.refused();
      throw new Refused('log-full', undefined, { reason: error.description });
    }
    if (!isConflict(error) && !isSeenId(error)) {
      throw new Error(`the log refused the append: ${error.description} (${error.err_code})`);
    }
    const guards = messages.flatMap(({ event, subject, guard }) =>
      guard ? [{ ...guard, id: event.id, subject }] : [],
    );
    const found = await Promise.all(guards.map(async (guard) => ({ ...guard, ...(await this.behind(guard)) })));
    const own = found.filter((guard) => guard.own);
    const ours = own.filter(({ id, next }) => next?.id === id);
    const first = own[0]?.next?.position;
    // What was stored already stays so, even when an unmoved lane has moved on since.
    if (ours.length === own.length && first !== undefined) {
      return { first, last: first + messages.length - 1, duplicate: true };
    }
    if (ours.length > 0 || isSeenId(error)) throw new AlreadyAppended(own.map(({ lane }) => lane));
    const moved = found.filter((guard) => guard.moved);
    // None: a replica does not have yet what the leader refused for, or another append that names the same lane is under way in the
    // cluster (10164).
    throw new Conflict((moved.length > 0 ? moved : found).map(({ lane }) => lane));
  }

  /**
   * Whether the lane is where the caller saw it, and else the first event after that. To find it the server reads everything from there on,
   * tens of milliseconds in which it takes nothing else from this connection; so first the two that it finds at once. Ours, wherever
   * it is after that position, is the first: it was stored under a guard that nothing had come between.
   */
  private async behind({ lane, after, own, id, subject }: Guard & Sent): Promise<Behind> {
    const sent = own ? await this.reader.newest(subject) : undefined;
    if (sent && sent.id === id && sent.position > after) return { moved: true, next: sent };
    const newest = (await this.reader.newest(lane))?.position ?? 0;
    // Below: the lease of what the caller saw has run out, and nothing has come since.
    if (newest <= after) return { moved: newest < after };
    return { moved: true, next: await this.reader.next(lane, after + 1) };
  }
}

/** What has become of a lane since its author looked. */
interface Behind {
  moved: boolean;
  next?: Place | undefined;
}

/** Which event carried a guard, and where it was to be stored. */
interface Sent {
  id: string;
  subject: string;
}
