import { unreachable, type DataOf, type EventOf, type UnreadEvent } from '@edgeflow/contracts';

/** One version of one model. */
export type FirmwareState =
  | { status: 'none' }
  /** Somebody has released it in words that this build does not know: it is there, and nothing can be said of it. */
  | { status: 'unread' }
  | ({ status: 'available' } & Released)
  | ({ status: 'revoked' } & Released);

interface Released {
  upload: DataOf<'FirmwareUploaded'>;
  /** Where its upload stands in the log: the newest uploads are the highest. */
  position: number;
  /** The newest wish to delete it; whether that is granted, stands elsewhere. */
  deletion?: DataOf<'FirmwareDeletionProposed'>;
}

export const noFirmware: FirmwareState = { status: 'none' };

/** The firmware after one more event of its stream. Pure. */
export function evolve(state: FirmwareState, event: EventOf<'firmware'>): FirmwareState {
  if (state.status === 'unread') return state;
  switch (event.type) {
    case 'FirmwareUploaded':
      return { status: 'available', upload: event.data, position: event.position };
    case 'FirmwareSigned': {
      const { signature } = event.data;
      return 'upload' in state ? { ...state, upload: { ...state.upload, signature } } : state;
    }
    case 'FirmwareRevoked':
      return state.status === 'available' ? { ...state, status: 'revoked' } : state;
    case 'FirmwareDeletionProposed':
      return 'upload' in state ? { ...state, deletion: event.data } : state;
    case 'FirmwareDeleted':
      return noFirmware;
    default:
      return unreachable(event);
  }
}

/**
 * The firmware after an event of its stream that cannot be read. A revocation and a deletion count in whatever words; what was released in words that are not
 * known is not there for devices, and is not released a second time. Pure.
 */
export function passFirmware(state: FirmwareState, { type }: UnreadEvent): FirmwareState {
  if (type === 'FirmwareUploaded') return { status: 'unread' };
  if (type === 'FirmwareDeleted') return noFirmware;
  return type === 'FirmwareRevoked' && state.status === 'available' ? { ...state, status: 'revoked' } : state;
}
