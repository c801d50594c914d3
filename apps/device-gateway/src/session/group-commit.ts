import { isBulk, streamSubject, type EventStream, type OtaEvent } from '@edgeflow/contracts';
import { AlreadyAppended, Conflict, type EventLog, hasMovedOn, splitRefused } from '@edgeflow/event-log';
import { CommitQueue, eventsOf, type Part } from './commit-queue.js';

/** What waits to be written to a stream; see `GroupCommit.waitingFor`. */
export type Ahead = Readonly<Part>;

/** What a stream's author knows beside its events. */
export interface CommitExpectation {
  /** The stream's last position that it saw. */
  after: number;
  /** True when something cannot end without these events (`Expectation.urgent`). */
  urgent?: boolean;
  /** What waits to be written there, which saw the same, and which the author has decided behind: both are stored, or neither. */
  behind?: Ahead | undefined;
}

/** Parts in one batch: two events each, far below the log's 1,000, and a batch that is refused is soon made good. */
const PARTS_MAX = 100;

/**
 * Makes one atomic batch of what many sessions have to write at the same time. A batch costs a server without replicas a
 * store of its own on the disk, some 5 ms in which it stores nothing else (nats-server 2.14 and 2.15), however few events
 * it holds: one for each device that comes back would keep the whole log from moving on. While a batch is under way, what
 * comes waits for the next one.
 */
export class GroupCommit {
  private readonly queue = new CommitQueue();
  private busy = false;
  /** Where streams were seen to end while something waited. */
  private readonly ends = new Map<string, number>();
  /** Over which connection that was seen. */
  private epoch: number;

  constructor(private readonly log: Pick<EventLog, 'append' | 'charge' | 'epoch'>) {
    this.epoch = log.epoch;
  }

  /**
   * Appends events of one stream, atomically. An event should bring its `traceparent`: the batch has no trace of its own.
   * @returns the position of the last of them
   * @throws as `EventLog.append`; `Conflict` also where what it was decided behind does not wait any more
   */
  async append(
    stream: EventStream,
    events: readonly OtaEvent[],
    { after, urgent = false, behind }: CommitExpectation,
  ): Promise<number> {
    const subject = streamSubject(stream);
    const ahead = this.queue.of(subject);
    if (behind && behind !== ahead) throw new Conflict([subject]);
    // Before it is one of many: an organization at its limit keeps nobody else out.
    this.log.charge(events);
    const done = Promise.withResolvers<number>();
    const isUrgent = urgent || !events.every(isBulk);
    if (behind && ahead) {
      ahead.shares.push({ events, done });
      ahead.urgent ||= isUrgent;
    } else {
      this.queue.add({ org: stream.org, subject, after, urgent: isUrgent, shares: [{ events, done }] });
      if (!this.busy) void this.drain();
    }
    return done.promise;
  }

  /** What waits to be written to a stream, and is not under way yet. Whoever writes there next may decide behind it, as long as it waits. */
  waitingFor(stream: EventStream): Ahead | undefined {
    return this.queue.of(streamSubject(stream));
  }

  /** True while more waits than the next batch takes. */
  get isCrowded(): boolean {
    return this.queue.size > PARTS_MAX;
  }

  /**
   * Hears that a stream has got longer by another hand. Who waits with a look at it from before need not ask the log. It is the rule when devices
   * reboot: the hello comes while the goodbye of the session before it is under way.
   */
  passed(stream: EventStream, position: number): void {
    if (this.busy) this.ends.set(streamSubject(stream), position);
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.queue.size > 0) {
      this.turnBack();
      const parts = this.queue.take(PARTS_MAX);
      if (parts.length > 0) await this.store(parts);
    }
    this.ends.clear();
    this.busy = false;
  }

  private async store(parts: readonly Part[]): Promise<void> {
    try {
      this.stored(parts, await this.appended(parts));
    } catch (error) {
      if (parts.length > 1 && hasMovedOn(error)) return this.storeWithoutMoved(parts, error);
      for (const part of parts) refuse(part, error);
    }
  }

  /** @returns the position of the first event */
  private async appended(parts: readonly Part[]): Promise<number> {
    const after = new Map(parts.map((part) => [part.subject, part.after]));
    const urgent = parts.some((part) => part.urgent);
    return (await this.log.append(parts.flatMap(eventsOf), { after, urgent, charged: true })).first;
  }

  private stored(parts: readonly Part[], first: number): void {
    let position = first - 1;
    for (const { subject, shares } of parts) {
      for (const { events, done } of shares) done.resolve((position += events.length));
      this.ends.set(subject, position);
    }
  }

  private turnBack(): void {
    // A log that comes back may have lost its tail (ADR 0027): whoever has read it since has seen where streams end now.
    if (this.epoch !== this.log.epoch) this.ends.clear();
    this.epoch = this.log.epoch;
    if (this.ends.size === 0) return;
    const late = this.queue.takeOut(({ subject, after }) => after < (this.ends.get(subject) ?? 0));
    for (const part of late) refuse(part, new Conflict([part.subject]));
  }

  /** Streams that have moved on keep nobody else out, and nobody else waiting. */
  private async storeWithoutMoved(parts: readonly Part[], error: Conflict | AlreadyAppended): Promise<void> {
    const { moved, again } = splitRefused(parts, error, ({ subject }) => [subject]);
    for (const part of moved) refuse(part, new Conflict([part.subject]));
    for (const some of again) await this.store(some);
  }
}

/** Its authors read again. Where it was of two, nobody knows whose events are stored already: each of them looks. */
function refuse({ subject, shares }: Part, error: unknown): void {
  const isUnclear = shares.length > 1 && error instanceof AlreadyAppended;
  for (const { done } of shares) done.reject(isUnclear ? new Conflict([subject]) : error);
}
