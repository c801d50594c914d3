import { Refused, decisionIn, streamSubject, rolloutStream, updateStream } from '@edgeflow/contracts';
import type { Decided, EventStream, OtaEvent } from '@edgeflow/contracts';
import type { UpdateFact } from '@edgeflow/device-update';
import { hasMovedOn, splitRefused, type EventLog } from '@edgeflow/event-log';
import { activeTraceparent, inSpan } from '@edgeflow/telemetry';
import { decisions } from '../orchestrator.metrics.js';
import { write } from '../source.js';
import type { DeviceStateRow } from '../rows/device-state.row.js';
import { Unwritable } from './unwritable.js';

/** One device's decision, as the events to append and what it was based on. */
export interface Decision {
  stream: EventStream;
  after: number;
  events: OtaEvent[];
}

/** A stream that must be where it was seen, although nothing is written to it: `subject` as `streamSubject` gives it. */
export interface Guard {
  subject: string;
  position: number;
}

/** Streams that are remembered before those that are folded are forgotten. */
const REMEMBERED = 20_000;

/** Appends decisions about many devices, and knows which of them the fold has not seen yet. It holds no truth. */
export class UpdateAppender {
  /** Streams whose decision is stored but not folded yet: at which sequence. */
  private readonly stored = new Map<string, number>();
  /** The rows that are looked at now are there up to this position. */
  private reached = 0;
  private readonly unwritable = new Unwritable();

  constructor(private readonly log: Pick<EventLog, 'append' | 'fill'>) {}

  /** False while the log has room for nothing but control: decisions that begin something need not be made. */
  get hasRoom(): boolean {
    return this.log.fill().hasRoom;
  }

  /** False for a row that does not show yet what was decided on it last. What the rows should show and do not is not on the log any more. */
  isFresh(row: Pick<DeviceStateRow, 'org' | 'device_id' | 'lane_position'>): boolean {
    const key = streamSubject(updateStream(row));
    const position = this.stored.get(key) ?? 0;
    if (position > row.lane_position && position > this.reached) return false;
    this.stored.delete(key);
    return true;
  }

  /** The rows of every query from now on are there up to a position: a stream that is never asked for again is not remembered for ever. */
  folded(position: number): void {
    this.reached = position;
    if (this.stored.size <= REMEMBERED) return;
    for (const [stream, last] of this.stored) if (last <= position) this.stored.delete(stream);
  }

  /** The log may be another one than that which things were stored in, as after its tail was lost. */
  forget(): void {
    this.stored.clear();
  }

  /**
   * Everything in one batch; when streams have moved on meanwhile, the rest in another one: the fold has not seen their newest event, and their
   * rows come back with it. What cannot be written is passed over, and the others are stored: one event's fault is never the stream's.
   * @param guard makes that nothing is stored once this stream has moved on
   * @returns how many decisions were stored, and the position of the last one; 0 for none
   */
  async append(decisions: readonly Decision[], guard?: Guard): Promise<{ stored: number; last: number }> {
    if (decisions.length === 0) return { stored: 0, last: 0 };
    try {
      return await this.appendAll(decisions, guard);
    } catch (error) {
      if (error instanceof Refused && error.code === 'event-invalid') return this.appendLegal(decisions, guard, error);
      if (!hasMovedOn(error)) throw error;
      const isGuards = guard !== undefined && error.streams.includes(guard.subject);
      if (decisions.length === 1 || isGuards) return { stored: 0, last: 0 };
      const { again } = splitRefused(decisions, error, ({ stream, events }) => [stream, ...events].map(streamSubject));
      return this.appendEach(again, guard);
    }
  }

  /** Looks for what is refused by halves: nothing is sent for a batch in which it is. */
  private appendLegal(
    decisions: readonly Decision[],
    guard: Guard | undefined,
    refused: Refused,
  ): Promise<{ stored: number; last: number }> {
    const [one] = decisions;
    if (decisions.length > 1) {
      const half = Math.ceil(decisions.length / 2);
      return this.appendEach([decisions.slice(0, half), decisions.slice(half)], guard);
    }
    if (one) this.unwritable.say(one, refused);
    return Promise.resolve({ stored: 0, last: 0 });
  }

  private async appendEach(
    batches: readonly (readonly Decision[])[],
    guard: Guard | undefined,
  ): Promise<{ stored: number; last: number }> {
    const total = { stored: 0, last: 0 };
    for (const decisions of batches) {
      const { stored, last } = await this.append(decisions, guard);
      total.stored += stored;
      total.last = Math.max(total.last, last);
    }
    return total;
  }

  private async appendAll(
    decided: readonly Decision[],
    guard: Guard | undefined,
  ): Promise<{ stored: number; last: number }> {
    const events = decided.flatMap((one) => one.events);
    const after = new Map(decided.map((one) => [streamSubject(one.stream), one.after]));
    // A fact beside the device's own stream is the first of a stream of its own.
    for (const event of events) if (!after.has(streamSubject(event))) after.set(streamSubject(event), 0);
    // The guard rides on a second event of some stream; refusals and ends, which come alone, do not depend on it.
    const carries = guard !== undefined && decided.some((one) => one.events.length > 1);
    const unmoved = carries ? new Map([[guard.subject, guard.position]]) : undefined;
    const { first, last, duplicate } = await this.log.append(events, { after, ...(unmoved && { unmoved }) });
    // The events of an append are neighbours; the last of a stream stays in the map.
    for (const [index, event] of events.entries()) this.stored.set(streamSubject(event), first + index);
    // The row has seen it, and the fold could not take it: it would be decided again and again, without a pause.
    const isOld = duplicate && decided.every(({ after: seen }) => last <= seen);
    if (isOld) return { stored: 0, last: 0 };
    for (const event of events) decisions.inc({ type: event.type });
    return { stored: decided.length, last };
  }
}

/**
 * What was decided on a device, as the appender takes it, each event in the trace of what caused it.
 * @param row the device, and where its update stream ended when it was decided on
 * @returns undefined when nothing is to be done
 */
export async function decisionOf(
  row: Pick<DeviceStateRow, 'org' | 'device_id' | 'lane_position'>,
  decided: Decided<UpdateFact>,
  at: Date,
): Promise<Decision | undefined> {
  const { facts, cause, key = String(row.lane_position) } = decisionIn(decided);
  if (facts.length === 0) return undefined;
  const stream = updateStream(row);
  const event = (fact: UpdateFact, index: number) =>
    inSpan(`decide ${fact.type}`, { parent: cause?.traceparent }, () => {
      const occasion = { key: [streamSubject(stream), key, fact.type, String(index)], at, ...(cause && { cause }) };
      const traceparent = activeTraceparent();
      return { ...write(streamOf(row, fact), fact, occasion), ...(traceparent && { traceparent }) };
    });
  return { stream, after: row.lane_position, events: await Promise.all(facts.map(event)) };
}

/** Why a single device goes back stands on a rollout's stream of its own. */
function streamOf({ org, device_id }: Pick<DeviceStateRow, 'org' | 'device_id'>, fact: UpdateFact): EventStream {
  return fact.type === 'RollbackTriggered'
    ? rolloutStream({ org, rollout_id: fact.data.rollout_id })
    : updateStream({ org, device_id });
}
