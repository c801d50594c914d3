import { Body, Controller, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Refuses, WRITING } from '@edgeflow/service-host';
import { ClaimPath, IssueClaim, IssuedClaim, RevokeClaim, RevokedClaim } from './claims.dto.js';
import { Claims } from '../claims/claims.js';

@ApiTags('claims')
@Controller('gateway/v1/claims')
export class ClaimsController {
  constructor(private readonly claims: Claims) {}

  @ApiOperation({ summary: 'Issues a claim token, with which devices register themselves' })
  @ApiCreatedResponse({ type: IssuedClaim, description: 'The claim with its `token`, which is shown this once.' })
  @Refuses(...WRITING)
  @Post()
  @Header('cache-control', 'no-store')
  @Roles('admin')
  @ApiBody({ type: IssueClaim, required: false })
  async issue(@Body() body: IssueClaim, @CurrentCaller() { org, subject }: Caller): Promise<IssuedClaim> {
    // A request without a body has the defaults.
    return this.claims.issue(org, { ...new IssueClaim(), ...body, issued_by: subject.slice(0, 256) });
  }

  @ApiOperation({ summary: 'Revokes a claim token for good; devices that it let in stay' })
  @ApiAcceptedResponse({ type: RevokedClaim })
  @Refuses(...WRITING, 'claim-unknown')
  @Post(':claim_id/revoke')
  @HttpCode(202)
  @Roles('admin')
  @ApiBody({ type: RevokeClaim, required: false })
  async revoke(
    @Param() { claim_id }: ClaimPath,
    @Body() body: RevokeClaim,
    @CurrentCaller() { org, subject }: Caller,
  ): Promise<RevokedClaim> {
    const position = await this.claims.revoke(org, { claim_id, ...body, revoked_by: subject.slice(0, 256) });
    return { claim_id, position };
  }
}
