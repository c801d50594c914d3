import { Refused, type OtaEvent } from '@edgeflow/contracts';
import { FairQueue, backoff } from '@edgeflow/telemetry';
import { isUnavailable } from '../connection/availability.js';
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
import { isForeign, withFreshId } from './taken-ids.js';
import type { Appended, Expectation } from '../types.js';

/** How long an append is tried, in milliseconds, before the log counts as unavailable. */
const PATIENCE_MS = 5_000;
/**
 * Appends under way at the same time. A fleet that reports at once would else have more of them on the way than the server answers within
 * one attempt, each would be sent again, and the server would do nothing but look at repetitions.
 */
const AT_ONCE = 128;
/** Whose turn it is with what nobody decides of, be it of whom it may: it is there in batches, which are not to wait behind thousands of single events. */
const RECORDS = '(records)';
/** How often an append is sent again whose stream seems to end before what its author saw: a replica may be behind. */
const LOOKS = 3;

/** The writing side of the log. */
export class Appender {
  private readonly reader: Reader;
  private readonly queue: FairQueue;
  private readonly outage = new AppendOutage();

  constructor(
    private readonly connection: Connection,
    private readonly fill: FillLevel,
    private readonly budgets: OrgBudgets,
    private readonly halts: Halts,
  ) {
    this.reader = new Reader(connection);
    this.queue = new FairQueue({ at_once: AT_ONCE }, connection.machine.entropy);
  }

  /** Why nothing can be written; undefined when something can, as far as is known. */
  troubled(): string | undefined {
    return this.outage.reason(this.now());
  }

  /** See `EventLog.append`; without an expectation see `EventLog.record`. */
  async append(events: readonly OtaEvent[], expect?: Expectation): Promise<Appended> {
    this.halts.admit();
    if (expect?.urgent !== true) this.fill.admit(events);
    if (expect?.charged !== true) this.budgets.charge(events);
    return inAppendSpan(events, async (traced) => {
      const messages = encode(traced, expect);
      const deadline = this.now() + PATIENCE_MS;
      for (let attempt = 0; ; attempt++) {
        const reply = await this.sendAsTaken(messages, expect);
        if ('seq' in reply) {
          this.fill.grew(sizeOf(messages));
          return { first: reply.seq - events.length + 1, last: reply.seq, duplicate: reply.duplicate };
        }
        const stored = await this.explain(reply, messages, attempt >= LOOKS);
        if (stored) return stored;
        if (this.now() >= deadline) throw new Refused('log-unavailable', undefined, {}, { cause: reply });
        await this.connection.pause(attempt);
      }
    });
  }

  /** By the steady clock, in milliseconds. */
  private now(): number {
    return this.connection.machine.clock.steady_ms();
  }

  /** Sends the messages, and again without what this server does not take. */
  private async sendAsTaken(
    messages: readonly Outgoing[],
    expect: Expectation | undefined,
  ): ReturnType<typeof publish> {
    const name = expect ? (messages[0]?.event.org ?? '') : RECORDS;
    const send = (those: readonly Outgoing[]) => this.send(name, those, expect?.over);
    const reply = await send(messages);
    // Rather for ever than not at all.
    const taken = 'err_code' in reply && hasNoLeases(reply) ? await send(messages.map(withoutLease)) : reply;
    // Whoever records several has ids for them that nobody can foresee, and their streams may have gone on since.
    if (!expect && messages.length > 1) return taken;
    return (await isForeign(this.reader, taken, messages)) ? send(messages.map(withFreshId)) : taken;
  }

  private send(name: string, messages: readonly Outgoing[], over: number | undefined): ReturnType<typeof publish> {
    const deadline = this.now() + PATIENCE_MS;
    return this.queue.run(name, () => this.stored(messages, deadline, over));
  }

  /** The server's word on the messages. Sent again with the same ids when it gives none, so that they are stored once. */
  private async stored(
    messages: readonly Outgoing[],
    deadline: number,
    over: number | undefined,
  ): ReturnType<typeof publish> {
    // Its turn came too late: the log was away meanwhile, or is far behind.
    if (this.now() >= deadline) throw new Refused('log-unavailable');
    const { clock, entropy } = this.connection.machine;
    for (let attempt = 0; ; attempt++) {
      let cause: unknown;
      try {
        const patience = deadline - this.now();
        const reply = await this.connection.ask(() => this.publishOver(over, messages), patience);
        this.outage.answered();
        if (!('err_code' in reply) || !isPassing(reply)) return reply;
        cause = reply;
      } catch (error) {
        if (!isUnavailable(error) || this.isLost(over)) throw error;
        this.outage.unanswered(this.now());
        cause = error;
      }
      const pause = backoff(attempt, entropy);
      if (this.now() + pause > deadline) throw new Refused('log-unavailable', undefined, {}, { cause });
      await clock.sleep(pause);
    }
  }

  private publishOver(over: number | undefined, messages: readonly Outgoing[]): ReturnType<typeof publish> {
    if (this.isLost(over)) throw new Refused('log-unavailable', 'the connection was lost since this was decided');
    return publish(this.connection, messages);
  }

  /** @param over see `Expectation.over` */
  private isLost(over: number | undefined): boolean {
    return over !== undefined && over !== this.connection.epoch;
  }

  /**
   * Why the server refused. It looks at the expectation before the id (2.15), so a retry of what an earlier attempt had stored comes
   * back as a conflict: it is one only when other events than ours follow what the caller saw.
   * @param isLast a stream that seems to end before what the caller saw of it does so, however far behind the replica is that says it
   * @returns what was stored already; undefined when there is nothing to see yet of what it refused for: a replica is behind, or an append to
   *   the same stream is under way in the cluster, maybe ours, which a leader without its quorum neither stores nor forgets (10164)
   */
  private async explain(
    error: PublishError,
    messages: readonly Outgoing[],
    isLast: boolean,
  ): Promise<Appended | undefined> {
    if (isFull(error)) {
      this.fill.refused();
      throw new Refused('log-full', undefined, { reason: error.description });
    }
    if (!isConflict(error) && !isSeenId(error)) {
      throw new Error(`the log refused the append: ${error.description} (${error.err_code})`);
    }
    const guards = messages.flatMap(({ event: { id }, subject, guard }) => (guard ? [{ ...guard, id, subject }] : []));
    const found = await Promise.all(guards.map(async (guard) => ({ ...guard, ...(await this.behind(guard)) })));
    const own = found.filter((guard) => guard.own);
    const ours = own.filter(({ id, next }) => next?.id === id);
    const first = own[0]?.next?.position;
    // What was stored already stays so, even when an unmoved stream has moved on since.
    if (ours.length === own.length && first !== undefined) {
      const last = first + messages.length - 1;
      const end = await this.idOf(messages, last);
      if (end === messages.at(-1)?.event.id) return { first, last, duplicate: true };
      if (end === undefined && !isLast) return undefined;
    }
    const moved = found.filter((guard) => guard.moved);
    if (ours.length > 0 || isSeenId(error)) throw new AlreadyAppended(own.map(({ stream }) => stream));
    if (!moved.some(({ next }) => next) && !(isLast && moved.length > 0)) return undefined;
    throw new Conflict(moved.map(({ stream }) => stream));
  }

  /** What stands where a batch of ours ends: one that was decided on less before, and got no answer, begins with the same event. */
  private async idOf(messages: readonly Outgoing[], last: number): Promise<string | undefined> {
    return messages.length === 1 ? messages[0]?.event.id : this.reader.idAt(last);
  }

  /**
   * Whether the stream is where the caller saw it, and else the first event after that. To find it the server reads everything from there on,
   * tens of milliseconds in which it takes nothing else from this connection; so first the two that it finds at once. Ours, wherever
   * it is after that position, is the first: it was stored under a guard that nothing had come between.
   * @param guard with the id and the subject of the event that carried it
   */
  private async behind(guard: Guard & { id: string; subject: string }): Promise<{ moved: boolean; next?: Place }> {
    const { stream, after, own, id, subject } = guard;
    const [sent, last] = await Promise.all([own ? this.reader.newest(subject) : undefined, this.reader.newest(stream)]);
    if (sent && sent.id === id && sent.position > after) return { moved: true, next: sent };
    const newest = last?.position ?? 0;
    // Below: the lease of what the caller saw has run out, and nothing has come since.
    if (newest <= after) return { moved: newest < after };
    const next = await this.reader.next(stream, after + 1);
    return { moved: true, ...(next && { next }) };
  }
}
