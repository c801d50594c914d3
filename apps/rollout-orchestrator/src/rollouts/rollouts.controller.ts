import {
  Body,
  Controller,
  Delete,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MaintenanceWindow, ROLLOUT_ACTIONS, Refused, RolloutSpec, type RolloutAction } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { openApiSchemaOf } from './openapi-schema.js';
import {
  FleetPath,
  PlanAnswer,
  ReasonBody,
  RequestAnswer,
  RolloutAnswer,
  RolloutPath,
  RolloutQuery,
} from './rollout.dto.js';
import { Rollouts } from './rollouts.js';
import { WholeRows } from '../whole-rows.interceptor.js';

interface Reply {
  status(code: number): unknown;
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  required: false,
  description: 'The same key is the same request, however often it is sent.',
};

@ApiTags('rollouts')
@Controller('orchestrator/v1')
@UseInterceptors(WholeRows)
@Roles('admin', 'operator')
export class RolloutsController {
  constructor(private readonly rollouts: Rollouts) {}

  @Post('rollouts')
  @HttpCode(202)
  @ApiOperation({ summary: 'Roll a version out to many devices, or (dry_run) see what that would be' })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiBody({
    schema: openApiSchemaOf(RolloutSpec),
    description: 'docs/rollouts.md has every member, range and default.',
  })
  @ApiAcceptedResponse({ type: RolloutAnswer })
  @ApiOkResponse({ type: PlanAnswer, description: 'The plan of a dry run.' })
  async request(
    @CurrentCaller() caller: Caller,
    @Body() body: object,
    @Query() { dry_run }: RolloutQuery,
    @Res({ passthrough: true }) reply: Reply,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<RolloutAnswer | PlanAnswer> {
    if (dry_run !== 'true') return this.rollouts.request(caller, body, idempotencyKey);
    const plan = await this.rollouts.plan(caller, body);
    reply.status(200);
    return plan;
  }

  @Post('rollouts/:rollout_id/:action')
  @HttpCode(202)
  @ApiOperation({ summary: `One of ${ROLLOUT_ACTIONS.join(', ')}, when the rollout allows it` })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiAcceptedResponse({ type: RolloutAnswer })
  act(
    @CurrentCaller() caller: Caller,
    @Param() { rollout_id }: RolloutPath,
    @Param('action') action: string,
    @Body() body?: ReasonBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<RolloutAnswer> {
    if (!isAction(action)) throw new Refused('not-found', `A rollout has no action ${action}.`);
    // A request without a body has none here either.
    return this.rollouts.act(caller, rollout_id, action, { reason: body?.reason, idempotencyKey });
  }

  @Put('fleets/:fleet/window')
  @HttpCode(202)
  @ApiOperation({ summary: 'Set the maintenance window of a fleet: no rollout tells its devices outside of it' })
  @ApiBody({ schema: openApiSchemaOf(MaintenanceWindow) })
  @ApiAcceptedResponse({ type: RequestAnswer })
  setWindow(
    @CurrentCaller() caller: Caller,
    @Param() { fleet }: FleetPath,
    @Body() window: object,
  ): Promise<RequestAnswer> {
    return this.rollouts.setWindow(caller, fleet, window);
  }

  @Delete('fleets/:fleet/window')
  @HttpCode(202)
  @ApiOperation({ summary: 'Take the maintenance window of a fleet away' })
  @ApiAcceptedResponse({ type: RequestAnswer })
  clearWindow(@CurrentCaller() caller: Caller, @Param() { fleet }: FleetPath): Promise<RequestAnswer> {
    return this.rollouts.setWindow(caller, fleet, undefined);
  }
}

function isAction(name: string): name is RolloutAction {
  return ROLLOUT_ACTIONS.some((action) => action === name);
}
