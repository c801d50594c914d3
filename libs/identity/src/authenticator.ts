import { Refused, TUNNEL_AUDIENCE } from '@edgeflow/contracts';
import { decodeJwt } from 'jose';
import type { ApiKeys } from './api-keys.js';
import type { Caller } from './caller.js';
import type { Access } from './decorators.js';
import type { DeviceIdentity } from './device-token.js';
import { isSecretToken, parseSecretToken } from './secret-token.js';
import type { TokenVerifier } from './token-verifier.js';

/** RFC 7235 section 2.1: scheme, blanks, credentials. */
const CREDENTIALS = /^(Bearer|Claim) +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Injection token of a `DeviceAuthenticator`; the module of a service that takes devices' own tokens exports it. */
export const DEVICE_AUTHENTICATOR = Symbol('device-authenticator');

/** Which device a token of a device's own key comes from. @throws Refused 'unauthorized' */
export type DeviceAuthenticator = (token: string) => Promise<DeviceIdentity>;

/** Which kinds of credentials a route takes besides those of members and programs. */
type Accepted = Pick<Access, 'claim' | 'device'>;

/** Finds out whose request it is. */
export class Authenticator {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly apiKeys: ApiKeys,
    private readonly device?: DeviceAuthenticator,
  ) {}

  /** @throws Refused 'unauthorized' with the reason; what keeps the credential from being checked */
  async callerOf(header: string | undefined, accepted: Accepted): Promise<Caller> {
    if (!header) throw new Refused('unauthorized', 'The request has no Authorization header');
    const [, scheme, token] = CREDENTIALS.exec(header) ?? [];
    if (!scheme || !token) throw new Refused('unauthorized', 'The Authorization header is not well formed');
    if (scheme.toLowerCase() === 'claim') return this.claimOf(token, accepted);
    if (isSecretToken('efk', token)) return this.apiKeys.verify(token);
    if (accepted.device && this.device && isForDevices(token)) return deviceOf(await this.device(token));
    return this.verifier.verify(token);
  }

  private async claimOf(token: string, accepted: Accepted): Promise<Caller> {
    if (!accepted.claim) throw new Refused('unauthorized', 'A claim token is for registering a device only');
    if (isSecretToken('efc', token)) return unprovenClaimOf(token);
    const { org } = await this.verifier.verifyClaim(token);
    return { kind: 'device-claim', org, subject: `claim:${org}`, roles: [] };
  }
}

function unprovenClaimOf(token: string): Caller {
  const claim = parseSecretToken('efc', token);
  if (!claim) throw new Refused('unauthorized', 'The claim token is not valid');
  const { org, id: claim_id, secret } = claim;
  return { kind: 'device-claim', org, subject: `claim:${claim_id}`, roles: [], claim: { claim_id, secret } };
}

function deviceOf({ org, device_id }: DeviceIdentity): Caller {
  return { kind: 'device', org, subject: device_id, roles: [] };
}

/** A look at what nobody has checked, which only says who is to check it. */
function isForDevices(token: string): boolean {
  try {
    return decodeJwt(token).aud === TUNNEL_AUDIENCE;
  } catch {
    return false;
  }
}
