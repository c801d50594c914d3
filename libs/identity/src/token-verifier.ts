import { Refused } from '@edgeflow/contracts';
import { systemClock } from '@edgeflow/runtime';
import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Member } from './caller.js';
import { refusalOf } from './token-errors.js';
import { checkTokenShape } from './token-shape.js';
import { CLAIM_AUDIENCE, OWN_TOKENS, orgIn, rolesIn, subjectIn, type TokenTrust } from './token-trust.js';

/** What issuers in the field sign with; `none`, HMAC and everything else is refused before a key is looked up (RFC 8725, 3.1). */
const ALGORITHMS = ['EdDSA', 'ES256', 'RS256', 'PS256'];
/** Header `typ` of access tokens (RFC 9068) and of plain ones; others are signed for other purposes (RFC 8725, 3.11). */
const TYPES: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];
/** Seconds by which the clocks of issuer and service may differ. */
export const CLOCK_TOLERANCE_S = 5;

/** Checks bearer and claim tokens of one issuer. `now`: the time by which they are judged; default: this machine's. */
export class TokenVerifier {
  constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly trust: TokenTrust = OWN_TOKENS,
    private readonly now: () => Date = () => systemClock.now(),
  ) {}

  /**
   * Who a bearer token stands for.
   * @throws Refused 'unauthorized' with the reason, when it is not a valid token for this installation; 'service-unavailable' when
   *   the issuer's keys cannot be had
   */
  async verify(token: string): Promise<Member> {
    const payload = await this.payloadOf(token, this.trust.audience);
    const roles = rolesIn(payload, this.trust);
    return { kind: 'member', org: orgIn(payload, this.trust), subject: subjectIn(payload), roles };
  }

  /**
   * The organization whose devices a claim token of the issuer lets in.
   * @throws Refused as `verify` does
   */
  async verifyClaim(token: string): Promise<{ org: string }> {
    return { org: orgIn(await this.payloadOf(token, CLAIM_AUDIENCE), this.trust) };
  }

  private async payloadOf(token: string, audience: string): Promise<JWTPayload> {
    checkTokenShape(token);
    try {
      const { payload, protectedHeader } = await jwtVerify(token, this.keys, {
        algorithms: ALGORITHMS,
        issuer: this.trust.issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: this.now(),
        requiredClaims: ['exp'],
      });
      if (!TYPES.includes(protectedHeader.typ?.toLowerCase())) {
        throw new Refused('unauthorized', 'The token is not of the expected type');
      }
      return payload;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}
