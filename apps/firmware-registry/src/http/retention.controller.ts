import { given } from '@edgeflow/contracts';
import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Refuses, WRITING } from '@edgeflow/service-host';
import { Retention } from '../deletion/retention.js';
import { Trusted } from '../trust/organization-trust.js';
import { RetentionAnswer, RetentionBody } from './retention.dto.js';

@ApiTags('firmware')
@Controller('registry/v1/retention')
export class RetentionController {
  constructor(
    private readonly trusted: Trusted,
    private readonly retention: Retention,
  ) {}

  @Get()
  @ApiOperation({ summary: 'How many versions of each model are kept' })
  @ApiOkResponse({ type: RetentionAnswer })
  async read(@CurrentCaller() { org }: Caller): Promise<RetentionAnswer> {
    const { keep_last = null, position } = await this.trusted.of(org);
    return { keep_last, position };
  }

  @Put()
  @Roles('admin')
  @ApiOperation({
    summary: 'Say how many versions of each model are kept',
    description:
      'Older uploads are deleted, at once and after each upload, but for what a device runs or may go back to, and what an open update or a rollout wants.',
  })
  @ApiOkResponse({ type: RetentionAnswer })
  @Refuses(...WRITING)
  async change(
    @CurrentCaller() { org, subject }: Caller,
    @Body() { keep_last, reason }: RetentionBody,
  ): Promise<RetentionAnswer> {
    const wanted = { keep_last: keep_last ?? undefined, reason };
    const retention = { ...given(wanted), changed_by: subject.slice(0, 256) };
    const { position } = await this.trusted.change(org, { type: 'ChangeRetention', retention });
    this.retention.changed(org);
    return { keep_last, position };
  }
}
