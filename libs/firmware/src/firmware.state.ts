import { unreachable, type DataOf, type EventName, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import type { LaneRead } from './lane-read.js';

/** The events of a firmware lane. A new one in the contracts makes `evolve` a compile error until it says what it means. */
export type FirmwareEventName = Extract<EventName, `Firmware${string}`>;

/** One version of one model; `position` is that of the newest event in its lane: what the next append has seen. */
export type FirmwareState =
  | { status: 'none'; position: number }
  /** Somebody has released it in words that this build does not know: it is there, and nothing can be said of it. */
  | { status: 'unread'; position: number }
  | { status: 'available'; position: number; upload: DataOf<'FirmwareUploaded'> }
  | { status: 'revoked'; position: number; upload: DataOf<'FirmwareUploaded'> };

export const noFirmware: FirmwareState = { status: 'none', position: 0 };

/** True for an event of a firmware lane. */
export function isFirmwareEvent(event: StoredEvent): event is StoredEvent<FirmwareEventName> {
  return event.entity === 'firmware';
}

/** The firmware after one more event of its lane. Pure. */
export function evolve(state: FirmwareState, event: StoredEvent<FirmwareEventName>): FirmwareState {
  const { position } = event;
  switch (event.type) {
    case 'FirmwareUploaded':
      return { status: 'available', position, upload: event.data };
    case 'FirmwareSigned': {
      const { signature } = event.data;
      return 'upload' in state ? { ...state, position, upload: { ...state.upload, signature } } : state;
    }
    case 'FirmwareRevoked':
      return state.status === 'available' ? { ...state, status: 'revoked', position } : state;
    default:
      return unreachable(event);
  }
}

/**
 * The firmware whose lane this is. A revocation counts in whatever words; what was released in words that are not known is not there for
 * devices, and is not released a second time. Pure.
 */
export function firmwareIn({ events, unread, position }: LaneRead): FirmwareState {
  const known = events.filter(isFirmwareEvent).reduce(evolve, noFirmware);
  const says = (type: FirmwareEventName) => (event: UnreadEvent) => event.type === type;
  if (unread.some(says('FirmwareUploaded'))) return { status: 'unread', position };
  const isRevoked = known.status === 'available' && unread.some(says('FirmwareRevoked'));
  return isRevoked ? { ...known, status: 'revoked', position } : { ...known, position };
}
