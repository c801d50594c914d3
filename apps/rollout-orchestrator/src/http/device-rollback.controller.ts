import { Body, Controller, Headers, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses, WRITING } from '@edgeflow/service-host';
import { DevicePath, ReasonBody } from './rollouts.dto.js';
import { UPDATE_REFUSALS, UpdateAnswer } from './updates.dto.js';
import { Updates } from '../requests/updates.js';
import { WholeRows } from './whole-rows.interceptor.js';

@ApiTags('updates')
@Controller('orchestrator/v1/devices/:device_id/rollback')
@UseInterceptors(WholeRows)
export class DeviceRollbackController {
  constructor(private readonly updates: Updates) {}

  /** Asks for the device's rollback; waits briefly for the decision. */
  @Post()
  @HttpCode(202)
  @Roles('admin', 'operator')
  @ApiOperation({ summary: 'Bring one device back to its last known good version' })
  @ApiAcceptedResponse({ type: UpdateAnswer })
  @Refuses(...WRITING, ...READING, ...UPDATE_REFUSALS)
  @ApiBody({ type: ReasonBody, required: false })
  rollback(
    @CurrentCaller() caller: Caller,
    @Param() { device_id }: DevicePath,
    @Body() { reason }: ReasonBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<UpdateAnswer> {
    return this.updates.rollback(caller, device_id, reason, idempotencyKey);
  }
}
