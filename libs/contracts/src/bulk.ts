import type { Room } from './event-class.js';
import { columnsOf, type OtaEvent } from './events.js';

type OfEvent = Pick<OtaEvent, 'type' | 'data' | 'ttl_s'>;

function roomOf({ type, data, ttl_s }: OfEvent): Room {
  const { room } = columnsOf(type);
  const own = typeof room === 'function' ? room(data) : room;
  // What is kept for the time of a lease only is said again.
  return own === 'control' && ttl_s !== undefined ? 'asked' : own;
}

/** True for an event for which the room that is kept for control is not there: of these kinds, or kept for the time of a lease only. */
export function isBulk(event: OfEvent): boolean {
  return roomOf(event) !== 'control';
}

/** True for what an organization's callers and devices have written, and which counts on its budget. */
export function isAskedFor(event: OfEvent): boolean {
  return roomOf(event) === 'asked';
}
