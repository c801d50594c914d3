import { Body, Controller, Headers, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses, WRITING } from '@edgeflow/service-host';
import { Cancels } from '../requests/cancels.js';
import { CancelAnswer, CancelBody, UpdatePath } from './cancel.dto.js';
import { WholeRows } from './whole-rows.interceptor.js';

@ApiTags('updates')
@Controller('orchestrator/v1/updates/:update_id/cancel')
@UseInterceptors(WholeRows)
export class CancelController {
  constructor(private readonly cancels: Cancels) {}

  /** Takes one update back, be it of a rollout or not; waits briefly for the decision. */
  @Post()
  @HttpCode(202)
  @Roles('admin', 'operator')
  @ApiOperation({ summary: 'Take one update back' })
  @ApiAcceptedResponse({ type: CancelAnswer })
  @Refuses(...WRITING, ...READING, 'request-exists', 'update-unknown', 'update-ended', 'update-installing')
  @ApiBody({ type: CancelBody, required: false })
  cancel(
    @CurrentCaller() caller: Caller,
    @Param() { update_id }: UpdatePath,
    @Body() body: CancelBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<CancelAnswer> {
    return this.cancels.request(caller, update_id, body, idempotencyKey);
  }
}
