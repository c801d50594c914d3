import { deriveId, laneSubject, toEvent, type Fact, type Lane, type OtaEvent } from '@edgeflow/contracts';
import type { Decision } from '@edgeflow/device-update';
import { type EventLog, hasMovedOn, splitRefused } from '@edgeflow/event-log';
import { activeTraceparent, inSpan } from '@edgeflow/telemetry';
import { decisions } from '../metrics.js';
import type { DeviceLaneRow } from './device-lane.row.js';

export const SOURCE = '/rollout-orchestrator';

/** The lane of a device's updates. */
export function updateLane({ org, device_id }: Pick<DeviceLaneRow, 'org' | 'device_id'>): Lane {
  return { org, entity: 'update', entity_id: device_id };
}

/** One device's decision, as the events to append and what it was based on. */
export interface Work {
  lane: Lane;
  after: number;
  events: OtaEvent[];
}

/** A lane that must be where it was seen, although nothing is written to it: `subject` as `laneSubject` gives it. */
export interface Guard {
  subject: string;
  position: number;
}

/** Lanes that are remembered before those that were folded long ago are forgotten. */
const REMEMBERED = 20_000;
/** So many positions behind the fold no query reads an older row any more. */
const LONG_AGO = 10_000;

/** Appends decisions about many devices, and knows which of them the fold has not seen yet. It holds no truth. */
export class LaneAppender {
  /** Lanes whose decision is stored but not folded yet: at which sequence. */
  private readonly stored = new Map<string, number>();

  constructor(private readonly log: Pick<EventLog, 'append' | 'fill'>) {}

  /** False while the log has room for nothing but control: decisions that begin something need not be made. */
  get hasRoom(): boolean {
    return this.log.fill().hasRoom;
  }

  /** False for a row that does not show yet what was decided on it last. */
  isFresh(row: Pick<DeviceLaneRow, 'org' | 'device_id' | 'lane_position'>): boolean {
    const key = laneSubject(updateLane(row));
    const position = this.stored.get(key) ?? 0;
    if (position > row.lane_position) return false;
    this.stored.delete(key);
    return true;
  }

  /** The rows are there up to a position: a lane that is never asked for again is not remembered for ever. */
  folded(position: number): void {
    if (this.stored.size <= REMEMBERED) return;
    for (const [lane, last] of this.stored) if (last < position - LONG_AGO) this.stored.delete(lane);
  }

  /**
   * Everything in one batch; when lanes have moved on meanwhile, the rest in another one: the fold has not seen their newest event, and their
   * rows come back with it.
   * @param guard makes that nothing is stored once this lane has moved on
   * @returns how many decisions were stored, and the position of the last one; 0 for none
   */
  async append(work: readonly Work[], guard?: Guard): Promise<{ stored: number; last: number }> {
    if (work.length === 0) return { stored: 0, last: 0 };
    try {
      return await this.appendAll(work, guard);
    } catch (error) {
      if (!hasMovedOn(error)) throw error;
      const isGuards = guard !== undefined && error.lanes.includes(guard.subject);
      if (work.length === 1 || isGuards) return { stored: 0, last: 0 };
      const { again } = splitRefused(work, error, ({ lane, events }) => [lane, ...events].map(laneSubject));
      return this.appendEach(again, guard);
    }
  }

  private async appendEach(
    batches: readonly (readonly Work[])[],
    guard: Guard | undefined,
  ): Promise<{ stored: number; last: number }> {
    const total = { stored: 0, last: 0 };
    for (const work of batches) {
      const { stored, last } = await this.append(work, guard);
      total.stored += stored;
      total.last = Math.max(total.last, last);
    }
    return total;
  }

  private async appendAll(work: readonly Work[], guard: Guard | undefined): Promise<{ stored: number; last: number }> {
    const events = work.flatMap((one) => one.events);
    const after = new Map(work.map((one) => [laneSubject(one.lane), one.after]));
    // A fact beside the device's own lane is the first of a lane of its own.
    for (const event of events) if (!after.has(laneSubject(event))) after.set(laneSubject(event), 0);
    // The guard rides on a second event of some lane; refusals and ends, which come alone, do not depend on it.
    const carries = guard !== undefined && work.some((one) => one.events.length > 1);
    const unmoved = carries ? new Map([[guard.subject, guard.position]]) : undefined;
    const { first, last, duplicate } = await this.log.append(events, { after, ...(unmoved && { unmoved }) });
    // The events of an append are neighbours; the last of a lane stays in the map.
    for (const [index, event] of events.entries()) this.stored.set(laneSubject(event), first + index);
    // The row has seen it, and the fold could not take it: it would be decided again and again, without a pause.
    const isOld = duplicate && work.every(({ after: seen }) => last <= seen);
    if (isOld) return { stored: 0, last: 0 };
    for (const event of events) decisions.inc({ type: event.type });
    return { stored: work.length, last };
  }
}

/** The decision as events, each in the trace of what caused it. */
export function eventsOf(lane: Lane, { facts, cause, key }: Decision, at: Date): Promise<OtaEvent[]> {
  const time = at.toISOString();
  const write = (fact: Fact, index: number) =>
    inSpan(`decide ${fact.type}`, { parent: cause.traceparent }, () => {
      const id = deriveId('evt', laneSubject(lane), key, fact.type, String(index));
      const event = toEvent(laneOf(lane, fact), fact, { id, source: SOURCE, time, cause });
      const traceparent = activeTraceparent();
      return { ...event, ...(traceparent && { traceparent }) };
    });
  return Promise.all(facts.map(write));
}

/** Why a single device goes back stands on a rollout lane of its own. */
function laneOf(lane: Lane, fact: Fact): Lane {
  return fact.type === 'RollbackTriggered' ? { ...lane, entity: 'rollout', entity_id: fact.data.rollout_id } : lane;
}
