import { Body, Controller, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses, WRITING } from '@edgeflow/service-host';
import { AcknowledgedAnswer, AsidePath } from './aside.dto.js';
import { ReasonBody } from './rollouts.dto.js';
import { Acknowledgements } from '../requests/acknowledgements.js';
import { WholeRows } from './whole-rows.interceptor.js';

@ApiTags('events')
@Controller('orchestrator/v1/events/aside/:position/acknowledge')
@UseInterceptors(WholeRows)
export class AsideController {
  constructor(private readonly acknowledgements: Acknowledgements) {}

  @Post()
  @HttpCode(202)
  @Roles('admin', 'operator')
  @ApiOperation({
    summary: 'Say that somebody has looked at an event that was set aside; readiness is degraded until then',
  })
  @ApiAcceptedResponse({ type: AcknowledgedAnswer })
  @Refuses(...WRITING, ...READING, 'event-unknown')
  @ApiBody({ type: ReasonBody, required: false })
  async acknowledge(
    @CurrentCaller() { org, subject }: Caller,
    @Param() { position }: AsidePath,
    @Body() { reason }: ReasonBody,
  ): Promise<AcknowledgedAnswer> {
    return { position: await this.acknowledgements.take(org, { position, by: subject, reason }) };
  }
}
