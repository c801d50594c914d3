import { Refused, unreachable } from '@edgeflow/contracts';
import type { DataOf, Decided, Decider, EventOf, FactOf } from '@edgeflow/contracts';

/** How far ahead a key may expire, in years: what lives longer is never looked after. */
const EXPIRY_MAX_Y = 2;

/** An API key, as far as its issue and its end need; `revoked_at` is the position of the revocation. */
export type ApiKeyState = { status: 'none' } | { status: 'issued' } | { status: 'revoked'; revoked_at: number };

export type ApiKeyCommand =
  { type: 'Issue'; key: DataOf<'ApiKeyIssued'>; at: Date } | { type: 'Revoke'; revocation: DataOf<'ApiKeyRevoked'> };

/** An API key, on its own stream, where every service notes its uses too. */
export const apiKeyDecider: Decider<ApiKeyState, ApiKeyCommand, FactOf<'access'>> = {
  initial: { status: 'none' },
  newest: ['access'],
  evolve,
  pass: (state, { type }) => (type === 'ApiKeyIssued' ? { status: 'issued' } : state),
  decide,
};

function evolve(state: ApiKeyState, event: EventOf<'access'>): ApiKeyState {
  switch (event.type) {
    case 'ApiKeyIssued':
      return { status: 'issued' };
    case 'ApiKeyRevoked':
      return { status: 'revoked', revoked_at: event.position };
    case 'ApiKeyUsed':
      return state;
    default:
      return unreachable(event);
  }
}

function decide(command: ApiKeyCommand, state: ApiKeyState): Decided<FactOf<'access'>> {
  switch (command.type) {
    case 'Issue':
      // Ids are random: this one is somebody else's.
      if (state.status !== 'none') return new Refused('conflict', 'The id of the key is in use.');
      return expiryRefusal(command.key.expires_at, command.at) ?? [{ type: 'ApiKeyIssued', data: command.key }];
    case 'Revoke': {
      const { revocation } = command;
      if (state.status === 'none') return new Refused('api-key-unknown', undefined, { key_id: revocation.key_id });
      return state.status === 'revoked' ? [] : [{ type: 'ApiKeyRevoked', data: revocation }];
    }
    default:
      return unreachable(command);
  }
}

function expiryRefusal(expires_at: string | undefined, now: Date): Refused | undefined {
  if (expires_at === undefined) return undefined;
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + EXPIRY_MAX_Y);
  const at = Date.parse(expires_at);
  if (at > now.getTime() && at <= latest.getTime()) return undefined;
  return new Refused('invalid-request', `expires_at must be ahead, by ${EXPIRY_MAX_Y} years at most`);
}
