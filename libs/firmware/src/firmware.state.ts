import { unreachable, type DataOf, type EventName, type StoredEvent } from '@edgeflow/contracts';

/** The events of a firmware lane. A new one in the contracts makes `evolve` a compile error until it says what it means. */
export type FirmwareEventName = Extract<EventName, `Firmware${string}`>;

/** One version of one model; `position` is that of the newest event in its lane: what the next append has seen. */
export type FirmwareState =
  | { status: 'none'; position: 0 }
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
      return state.status === 'none' ? state : { ...state, position, upload: { ...state.upload, signature } };
    }
    case 'FirmwareRevoked':
      return state.status === 'available' ? { ...state, status: 'revoked', position } : state;
    default:
      return unreachable(event);
  }
}
