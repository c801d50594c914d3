import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { ApiProblems } from '../problem-responses.js';
import { PolicyAnswer, PolicyBody } from './trust.dto.js';
import { Trusted } from './trusted.js';

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
  @ApiProblems('invalid-request', 'unauthorized', 'forbidden', 'conflict', 'log-unavailable', 'log-full')
  async change(
    @CurrentCaller() { org, subject }: Caller,
    @Body() { signature, rollback = 'allowed', reason }: PolicyBody,
  ): Promise<PolicyAnswer> {
    const policy = { signature, rollback, ...(reason !== undefined && { reason }), changed_by: subject.slice(0, 256) };
    const { position } = await this.trusted.change(org, { type: 'ChangePolicy', policy });
    return { signature, rollback, position };
  }
}
