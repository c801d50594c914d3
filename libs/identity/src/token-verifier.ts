import { Refused, isToken } from '@edgeflow/contracts';
import { jwtVerify, type JWTPayload } from 'jose';
import { isRole, type Member } from './caller.js';
import type { JwksSource } from './jwks.js';
import { refusalOf } from './token-errors.js';

export const ISSUER = 'edgeflow';
export const AUDIENCE = 'edgeflow';
export const CLAIM_AUDIENCE = 'edgeflow-claim';

/** What issuers in the field sign with; `none`, HMAC and everything else is refused before a key is looked up (RFC 8725, 3.1). */
const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'];
/** Seconds by which the clocks of issuer and service may differ. */
export const CLOCK_TOLERANCE_S = 5;
/** Bytes of the longest token that is looked at. */
export const TOKEN_MAX_BYTES = 8192;

function orgOf(payload: JWTPayload): string {
  if (!isToken(payload['org'])) throw new Refused('unauthorized', 'The token names no organization');
  return payload['org'];
}

/** Checks bearer and claim tokens against a JWK set. */
export class TokenVerifier {
  constructor(private readonly keys: JwksSource) {}

  /**
   * Who a bearer token stands for.
   * @throws Refused 'unauthorized' with the reason, when it is not a valid token of this installation
   */
  async verify(token: string): Promise<Member> {
    const payload = await this.payloadOf(token, AUDIENCE);
    const { sub, role } = payload;
    if (!isRole(role)) throw new Refused('unauthorized', 'The token names no known role');
    if (typeof sub !== 'string' || sub === '') throw new Refused('unauthorized', 'The token names no subject');
    return { org: orgOf(payload), role, subject: sub };
  }

  /**
   * The organization whose devices a claim token lets in.
   * @throws Refused 'unauthorized' with the reason
   */
  async verifyClaim(token: string): Promise<{ org: string }> {
    return { org: orgOf(await this.payloadOf(token, CLAIM_AUDIENCE)) };
  }

  private async payloadOf(token: string, audience: string): Promise<JWTPayload> {
    if (token.length > TOKEN_MAX_BYTES) throw new Refused('unauthorized', 'The token is too long');
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        algorithms: ALGORITHMS,
        issuer: ISSUER,
        audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'org'],
      });
      return payload;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}
