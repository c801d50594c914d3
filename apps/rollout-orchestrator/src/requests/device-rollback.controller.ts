import { Body, Controller, Headers, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { DevicePath, ReasonBody } from '../rollouts/rollout.dto.js';
import { UpdateAnswer } from './update.dto.js';
import { Updates } from './updates.js';
import { WholeRows } from '../whole-rows.interceptor.js';

@ApiTags('updates')
@Controller('orchestrator/v1/devices/:device_id/rollback')
@UseInterceptors(WholeRows)
export class DeviceRollbackController {
  constructor(private readonly updates: Updates) {}

  /** Asks for the device's way back; waits briefly for the decision. */
  @Post()
  @HttpCode(202)
  @Roles('admin', 'operator')
  @ApiOperation({ summary: 'Bring one device back to its last known good version' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key is the same request.' })
  @ApiAcceptedResponse({ type: UpdateAnswer })
  rollback(
    @CurrentCaller() caller: Caller,
    @Param() { device_id }: DevicePath,
    @Body() body?: ReasonBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<UpdateAnswer> {
    return this.updates.rollback(caller, device_id, body?.reason, idempotencyKey);
  }
}
