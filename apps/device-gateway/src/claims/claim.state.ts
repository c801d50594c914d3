import { unreachable, type DataOf, type EventName, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';

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

/**
 * The claim token after what its lane has more, whether it can be read or not: a revocation counts in whatever words, and so does a use. Of
 * an issue that cannot be read nobody is let in. Pure.
 */
export function claimAfter(
  before: ClaimState,
  { events, unread, position }: { events: readonly StoredEvent[]; unread: readonly UnreadEvent[]; position: number },
): ClaimState {
  const read = events.filter(isClaimEvent).reduce(evolveClaim, before);
  const state = unread.some(({ type }) => type === 'ClaimRevoked') ? ({ status: 'revoked' } as const) : read;
  const used = unread.filter(({ type }) => type === 'ClaimUsed').length;
  return state.status === 'issued' ? { ...state, used: state.used + used, position } : { ...state, position };
}
