import { isBulk, streamSubject, type EventStream, type OtaEvent } from '@edgeflow/contracts';
import { type AlreadyAppended, Conflict, type EventLog, hasMovedOn, splitRefused } from '@edgeflow/event-log';

/** What one session has to write. */
interface Part {
  org: string;
  subject: string;
  events: readonly OtaEvent[];
  after: number;
  urgent: boolean;
  done: PromiseWithResolvers<number>;
}

/** What a stream's author knows beside its events. */
export interface CommitExpectation {
  /** The stream's last position that it saw. */
  after: number;
  /** True when something cannot end without these events (`Expectation.urgent`). */
  urgent?: boolean;
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
  private waiting: Part[] = [];
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
   * @throws as `EventLog.append`
   */
  async append(
    stream: EventStream,
    events: readonly OtaEvent[],
    { after, urgent = false }: CommitExpectation,
  ): Promise<number> {
    // Before it is one of many: an organization at its limit keeps nobody else out.
    this.log.charge(events);
    const done = Promise.withResolvers<number>();
    const isUrgent = urgent || !events.every(isBulk);
    this.waiting.push({ org: stream.org, subject: streamSubject(stream), events, after, urgent: isUrgent, done });
    if (!this.busy) void this.drain();
    return done.promise;
  }

  /** True while more waits than the next batch takes. */
  get isCrowded(): boolean {
    return this.waiting.length > PARTS_MAX;
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
    while (this.waiting.length > 0) {
      this.turnBack();
      const parts = this.next();
      if (parts.length > 0) await this.store(parts);
    }
    this.ends.clear();
    this.busy = false;
  }

  /**
   * The oldest parts, of all organizations in turn, one of each stream: the log guards only the first event of a stream. What is urgent goes by itself: a log that is
   * nearly full refuses the rest.
   */
  private next(): Part[] {
    const parts = new Map<string, Part>();
    const urgent = this.waiting[0]?.urgent;
    for (const part of inTurn(this.waiting.filter((one) => one.urgent === urgent))) {
      if (parts.size === PARTS_MAX) break;
      if (!parts.has(part.subject)) parts.set(part.subject, part);
    }
    const taken = new Set(parts.values());
    this.waiting = this.waiting.filter((part) => !taken.has(part));
    return [...taken];
  }

  private async store(parts: readonly Part[]): Promise<void> {
    try {
      this.stored(parts, await this.appended(parts));
    } catch (error) {
      if (parts.length === 1 || !hasMovedOn(error)) for (const { done } of parts) done.reject(error);
      else await this.storeWithoutMoved(parts, error);
    }
  }

  /** @returns the position of the first event */
  private async appended(parts: readonly Part[]): Promise<number> {
    const after = new Map(parts.map((part) => [part.subject, part.after]));
    const urgent = parts.some((part) => part.urgent);
    const events = parts.flatMap((part) => part.events);
    return (await this.log.append(events, { after, urgent, charged: true })).first;
  }

  private stored(parts: readonly Part[], first: number): void {
    let position = first - 1;
    for (const { subject, events, done } of parts) {
      done.resolve((position += events.length));
      this.ends.set(subject, position);
    }
  }

  private turnBack(): void {
    // A log that comes back may have lost its tail (ADR 0027): whoever has read it since has seen where streams end now.
    if (this.epoch !== this.log.epoch) this.ends.clear();
    this.epoch = this.log.epoch;
    if (this.ends.size === 0) return;
    const isLate = ({ subject, after }: Part): boolean => after < (this.ends.get(subject) ?? 0);
    const { late = [], rest = [] } = Object.groupBy(this.waiting, (part) => (isLate(part) ? 'late' : 'rest'));
    this.waiting = rest;
    reject(late);
  }

  /** Streams that have moved on keep nobody else out, and nobody else waiting. */
  private async storeWithoutMoved(parts: readonly Part[], error: Conflict | AlreadyAppended): Promise<void> {
    const { moved, again } = splitRefused(parts, error, ({ subject }) => [subject]);
    reject(moved);
    for (const some of again) await this.store(some);
  }
}

/** Their authors read again. */
function reject(parts: readonly Part[]): void {
  for (const { subject, done } of parts) done.reject(new Conflict([subject]));
}

/** The parts of the organizations in turn, each organization's in their order: who has one does not wait for who has ten thousand. */
function* inTurn(parts: readonly Part[]): Generator<Part> {
  const lines = [...Map.groupBy(parts, ({ org }) => org).values()];
  for (let n = 0; lines.some((line) => n < line.length); n++) {
    for (const line of lines) {
      const part = line[n];
      if (part) yield part;
    }
  }
}
