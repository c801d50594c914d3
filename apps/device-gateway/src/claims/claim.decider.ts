import { Refused, unreachable } from '@edgeflow/contracts';
import type { DataOf, Decided, Decider, EventOf, FactOf, UnreadEvent } from '@edgeflow/contracts';

/** A claim token. */
export type ClaimState =
  { status: 'none' } | { status: 'issued'; issued: DataOf<'ClaimIssued'>; used: number } | { status: 'revoked' };

export type ClaimCommand =
  { type: 'Issue'; claim: DataOf<'ClaimIssued'> } | { type: 'Revoke'; revocation: DataOf<'ClaimRevoked'> };

/** A claim token, on its own stream. Who is let in by it is the `admissionDecider`'s. */
export const claimDecider: Decider<ClaimState, ClaimCommand, FactOf<'claim'>> = {
  initial: { status: 'none' },
  evolve,
  pass,
  decide,
};

function evolve(state: ClaimState, event: EventOf<'claim'>): ClaimState {
  switch (event.type) {
    case 'ClaimIssued':
      return { status: 'issued', issued: event.data, used: 0 };
    case 'ClaimUsed':
      return oneUseLess(state);
    case 'ClaimRevoked':
      return { status: 'revoked' };
    default:
      return unreachable(event);
  }
}

/** A revocation counts in whatever words, and so does a use. Of an issue that cannot be read nobody is let in. */
function pass(state: ClaimState, { type }: UnreadEvent): ClaimState {
  if (type === 'ClaimRevoked') return { status: 'revoked' };
  return type === 'ClaimUsed' ? oneUseLess(state) : state;
}

function oneUseLess(state: ClaimState): ClaimState {
  return state.status === 'issued' ? { ...state, used: state.used + 1 } : state;
}

function decide(command: ClaimCommand, { status }: ClaimState): Decided<FactOf<'claim'>> {
  switch (command.type) {
    case 'Issue':
      // Ids are random: this one is somebody else's.
      if (status !== 'none') return new Refused('conflict', 'The id of the claim token is in use.');
      return [{ type: 'ClaimIssued', data: command.claim }];
    case 'Revoke': {
      const { revocation } = command;
      if (status === 'none') return new Refused('claim-unknown', undefined, { claim_id: revocation.claim_id });
      return status === 'revoked' ? [] : [{ type: 'ClaimRevoked', data: revocation }];
    }
    default:
      return unreachable(command);
  }
}
