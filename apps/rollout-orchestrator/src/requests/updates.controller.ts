import { Body, Controller, Headers, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { UpdateAnswer, UpdateRequestBody } from './update.dto.js';
import { Updates } from './updates.js';
import { WholeRows } from '../whole-rows.interceptor.js';

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
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key is the same request, however often it is sent.',
  })
  @ApiAcceptedResponse({ type: UpdateAnswer })
  request(
    @CurrentCaller() caller: Caller,
    @Body() body: UpdateRequestBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<UpdateAnswer> {
    return this.updates.request(caller, body, idempotencyKey);
  }
}
