import { Body, Controller, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, digestOfSecret, newSecret, secretTokenOf, type Caller } from '@edgeflow/identity';
import { ClaimPath, IssueClaim, RevokeClaim } from './claim-bodies.js';
import { Claims, newClaimId } from './claims.js';

/** A claim token as whoever issued it gets it, once. */
interface IssuedClaim {
  claim_id: string;
  token: string;
  uses: number;
  expires_at: string;
  fleet?: string;
  model?: string;
  position: number;
}

@ApiTags('claims')
@Controller('gateway/v1/claims')
export class ClaimsController {
  constructor(private readonly claims: Claims) {}

  @ApiOperation({ summary: 'Issues a claim token, with which devices register themselves' })
  @ApiCreatedResponse({ description: 'The claim with its `token`, which is shown this once, and `position`' })
  @Post()
  @Header('cache-control', 'no-store')
  @Roles('admin')
  async issue(@Body() body: IssueClaim, @CurrentCaller() { org, subject }: Caller): Promise<IssuedClaim> {
    const { uses, expires_in_s, fleet, model } = { ...new IssueClaim(), ...body };
    const [claim_id, secret] = [newClaimId(), newSecret()];
    const expires_at = new Date(Date.now() + expires_in_s * 1000).toISOString();
    const said = {
      claim_id,
      uses,
      expires_at,
      ...(fleet !== undefined && { fleet }),
      ...(model !== undefined && { model }),
    };
    const position = await this.claims.issue(org, {
      ...said,
      secret_sha256: digestOfSecret(secret),
      issued_by: subject.slice(0, 256),
    });
    return { ...said, token: secretTokenOf('efc', { org, id: claim_id, secret }), position };
  }

  @ApiOperation({ summary: 'Revokes a claim token for good; devices that it let in stay' })
  @ApiAcceptedResponse({ description: '`claim_id` and `position`' })
  @Post(':claim_id/revoke')
  @HttpCode(202)
  @Roles('admin')
  async revoke(
    @Param() { claim_id }: ClaimPath,
    @Body() body: RevokeClaim,
    @CurrentCaller() { org, subject }: Caller,
  ): Promise<{ claim_id: string; position: number }> {
    // A request without a body has none here either.
    const reason = body?.reason;
    const revocation = { claim_id, ...(reason !== undefined && { reason }), revoked_by: subject.slice(0, 256) };
    return { claim_id, position: await this.claims.revoke(org, revocation) };
  }
}
