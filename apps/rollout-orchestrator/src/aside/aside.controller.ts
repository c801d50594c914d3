import { Body, Controller, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNotFoundResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { ReasonBody } from '../rollouts/rollout.dto.js';
import { Acknowledgements } from './acknowledgements.js';
import { WholeRows } from '../whole-rows.interceptor.js';

export class AsidePath {
  @ApiProperty({ type: 'integer', minimum: 1 })
  @Transform(({ value }: { value: unknown }) => (/^\d{1,16}$/.test(String(value)) ? Number(value) : Number.NaN))
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  position!: number;
}

export class AcknowledgedAnswer {
  @ApiProperty({
    type: 'integer',
    description: 'Stream sequence of the acknowledgement: give it to a query as `after`.',
  })
  position!: number;
}

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
  @ApiNotFoundResponse({ description: '`event-unknown`: nothing of the organization was set aside at this position' })
  async acknowledge(
    @CurrentCaller() { org, subject }: Caller,
    @Param() { position }: AsidePath,
    @Body() body?: ReasonBody,
  ): Promise<AcknowledgedAnswer> {
    return { position: await this.acknowledgements.take(org, { position, by: subject, reason: body?.reason }) };
  }
}
