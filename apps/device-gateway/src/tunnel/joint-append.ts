import { isBulk, laneSubject, type Lane, type OtaEvent } from '@edgeflow/contracts';
import { type EventLog, hasMovedOn } from '@edgeflow/event-log';

/** What one tunnel has to write. */
interface Part {
  org: string;
  subject: string;
  events: readonly OtaEvent[];
  after: number;
  urgent: boolean;
  done: PromiseWithResolvers<number>;
}

/** What a lane's author knows beside its events. */
export interface JointExpectation {
  /** The lane's last position that it saw. */
  after: number;
  /** True when something cannot end without these events (`Expectation.urgent`). */
  urgent?: boolean;
}

/** Parts in one batch: two events each, far below the log's 1,000, and a batch that breaks up is soon made good. */
const PARTS_MAX = 100;

/**
 * Makes one atomic batch of what many tunnels have to write at the same time. A batch costs a server without replicas a
 * store of its own on the disk, some 5 ms in which it stores nothing else (nats-server 2.14 and 2.15), however few events
 * it holds: one for each device that comes back would keep the whole log from moving on. While a batch is under way, what
 * comes waits for the next one.
 */
export class JointAppend {
  private waiting: Part[] = [];
  private busy = false;

  constructor(private readonly log: Pick<EventLog, 'append' | 'charge'>) {}

  /**
   * Appends events of one lane, atomically. An event should bring its `traceparent`: the batch has no trace of its own.
   * @returns the position of the last of them
   * @throws as `EventLog.append`
   */
  async append(lane: Lane, events: readonly OtaEvent[], { after, urgent = false }: JointExpectation): Promise<number> {
    // Before it is one of many: an organization at its limit keeps nobody else out.
    this.log.charge(events);
    const done = Promise.withResolvers<number>();
    const isUrgent = urgent || !events.every(isBulk);
    this.waiting.push({ org: lane.org, subject: laneSubject(lane), events, after, urgent: isUrgent, done });
    if (!this.busy) void this.drain();
    return done.promise;
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) await this.store(this.next());
    this.busy = false;
  }

  /**
   * The oldest parts, of all organizations in turn, one of each lane: the log guards only the first event of a lane. What is urgent goes by itself: a log that is
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
      const after = new Map(parts.map((part) => [part.subject, part.after]));
      const urgent = parts.some((part) => part.urgent);
      const { first } = await this.log.append(
        parts.flatMap(({ events }) => events),
        { after, urgent, charged: true },
      );
      let position = first - 1;
      for (const { events, done } of parts) done.resolve((position += events.length));
    } catch (error) {
      const [only] = parts.length === 1 ? parts : [];
      if (only) return only.done.reject(error);
      // One lane that has moved on keeps nobody else out.
      if (hasMovedOn(error)) for (const part of parts) await this.store([part]);
      else for (const { done } of parts) done.reject(error);
    }
  }
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
