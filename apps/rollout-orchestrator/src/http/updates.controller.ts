import { Body, Controller, Headers, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses, WRITING } from '@edgeflow/service-host';
import { UPDATE_REFUSALS, UpdateAnswer, UpdateRequestBody } from './updates.dto.js';
import { Updates } from '../requests/updates.js';
import { WholeRows } from './whole-rows.interceptor.js';

@ApiTags('updates')
@Controller('orchestrator/v1/updates')
@UseInterceptors(WholeRows)
export class UpdatesController {
  constructor(private readonly updates: Updates) {}

  /** Asks for one device's update; waits briefly for the decision. */
  @Post()
  @HttpCode(202)
  @Roles('admin', 'operator')
  @ApiOperation({ summary: 'Update one device' })
  @ApiAcceptedResponse({ type: UpdateAnswer })
  @Refuses(...WRITING, ...READING, ...UPDATE_REFUSALS, 'reason-required')
  request(
    @CurrentCaller() caller: Caller,
    @Body() body: UpdateRequestBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<UpdateAnswer> {
    return this.updates.request(caller, body, idempotencyKey);
  }
}
