import { streamSubject, type OtaEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';

/** Writes to the log as the owners of all streams at once: it knows the last position of each stream it wrote to. */
export class Writer {
  private readonly streams = new Map<string, number>();

  constructor(readonly log: EventLog) {}

  /** Appends the events as one atomic batch. @returns the position of the last one */
  readonly tell = async (...events: readonly OtaEvent[]): Promise<number> => {
    const after = new Map(events.map((event) => [streamSubject(event), this.streams.get(streamSubject(event)) ?? 0]));
    const { first, last } = await this.log.append(events, { after });
    events.forEach((event, index) => this.streams.set(streamSubject(event), first + index));
    return last;
  };
}
