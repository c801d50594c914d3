import { given } from '@edgeflow/contracts';
import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Refuses, WRITING } from '@edgeflow/service-host';
import { PolicyAnswer, PolicyBody } from './trust.dto.js';
import { Trusted } from '../trust/organization-trust.js';

@ApiTags('signing')
@Controller('registry/v1/policy')
export class PolicyController {
  constructor(private readonly trusted: Trusted) {}

  @Get()
  @ApiOperation({ summary: 'Whether firmware must be signed, and what a rollback may do' })
  @ApiOkResponse({ type: PolicyAnswer })
  async read(@CurrentCaller() { org }: Caller): Promise<PolicyAnswer> {
    const { signature, rollback, position } = await this.trusted.of(org);
    return { signature, rollback, position };
  }

  @Put()
  @Roles('admin')
  @ApiOperation({ summary: 'Say whether firmware must be signed, and what a rollback may do' })
  @ApiOkResponse({ type: PolicyAnswer })
  @Refuses(...WRITING)
  async change(
    @CurrentCaller() { org, subject }: Caller,
    @Body() { signature, rollback = 'allowed', reason }: PolicyBody,
  ): Promise<PolicyAnswer> {
    const policy = { signature, rollback, ...given({ reason }), changed_by: subject.slice(0, 256) };
    const { position } = await this.trusted.change(org, { type: 'ChangePolicy', policy });
    return { signature, rollback, position };
  }
}
