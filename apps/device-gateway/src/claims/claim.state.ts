import { unreachable, type DataOf, type EventName, type StoredEvent } from '@edgeflow/contracts';

/** The events of a claim token's lane. */
export type ClaimEventName = Extract<EventName, `Claim${string}`>;

/** A claim token; `position` is that of the newest event of its lane. */
export type ClaimState =
  | { status: 'none'; position: number }
  | { status: 'issued'; position: number; issued: DataOf<'ClaimIssued'>; used: number }
  | { status: 'revoked'; position: number };

export const noClaim: ClaimState = { status: 'none', position: 0 };

/** True for an event of a claim token's lane. */
export function isClaimEvent(event: StoredEvent): event is StoredEvent<ClaimEventName> {
  return event.entity === 'claim';
}

/** The claim token after one more event of its lane. Pure. */
export function evolveClaim(state: ClaimState, event: StoredEvent<ClaimEventName>): ClaimState {
  const { position } = event;
  switch (event.type) {
    case 'ClaimIssued':
      return { status: 'issued', position, issued: event.data, used: 0 };
    case 'ClaimUsed':
      return state.status === 'issued' ? { ...state, position, used: state.used + 1 } : { ...state, position };
    case 'ClaimRevoked':
      return { status: 'revoked', position };
    default:
      return unreachable(event);
  }
}
