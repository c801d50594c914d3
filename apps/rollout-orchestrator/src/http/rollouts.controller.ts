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
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { MaintenanceWindow, given, type RolloutAction } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses, WRITING, contractSchema } from '@edgeflow/service-host';
import { RELEASE_REFUSALS } from '../rows/catalog.js';
import {
  ActionPipe,
  FleetPath,
  PLAIN_ACTIONS,
  PlanAnswer,
  ReasonBody,
  RequestAnswer,
  RolloutAnswer,
  RolloutBody,
  RolloutPath,
  RolloutQuery,
  WaveBody,
} from './rollouts.dto.js';
import { AmendBody } from './amend.dto.js';
import { Rollouts } from '../rollouts/rollouts.js';
import { WholeRows } from './whole-rows.interceptor.js';

@ApiTags('rollouts')
@Controller('orchestrator/v1')
@UseInterceptors(WholeRows)
@Roles('admin', 'operator')
@Refuses(...WRITING, ...READING)
export class RolloutsController {
  constructor(private readonly rollouts: Rollouts) {}

  @Post('rollouts')
  @HttpCode(202)
  @ApiOperation({ summary: 'Roll a version out to many devices, or (dry_run) see what that would be' })
  @ApiBody({
    schema: contractSchema(RolloutBody),
    description: 'docs/rollouts.md has every member, range and default.',
  })
  @ApiAcceptedResponse({ type: RolloutAnswer })
  @ApiOkResponse({ type: PlanAnswer, description: 'The plan of a dry run.' })
  @Refuses(
    'too-many-waves',
    'target-too-large',
    'target-empty',
    'window-never-opens',
    'device-unknown',
    'request-exists',
  )
  @Refuses(...RELEASE_REFUSALS)
  async request(
    @CurrentCaller() caller: Caller,
    @Body() body: object,
    @Query() { dry_run }: RolloutQuery,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<RolloutAnswer | PlanAnswer> {
    if (dry_run !== 'true') return this.rollouts.request(caller, body, idempotencyKey);
    const plan = await this.rollouts.plan(caller, body);
    reply.status(200);
    return plan;
  }

  @Post('rollouts/:rollout_id/retry')
  @HttpCode(202)
  @ApiOperation({ summary: 'Have the failed devices try again: all of them, or those of one wave' })
  @ApiAcceptedResponse({ type: RolloutAnswer })
  @Refuses('rollout-unknown', 'wave-unknown', 'action-not-allowed', 'request-exists')
  @ApiBody({ type: WaveBody, required: false })
  retry(
    @CurrentCaller() caller: Caller,
    @Param() { rollout_id }: RolloutPath,
    @Body() { reason, wave }: WaveBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<RolloutAnswer> {
    return this.rollouts.act(caller, rollout_id, 'retry', { reason, idempotencyKey }, given({ wave }));
  }

  @Post('rollouts/:rollout_id/skip')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Wait for a wave no longer: the one that is named, else the one that runs, else the next one',
  })
  @ApiAcceptedResponse({ type: RolloutAnswer })
  @Refuses('rollout-unknown', 'wave-unknown', 'action-not-allowed', 'reason-required', 'request-exists')
  @ApiBody({ type: WaveBody })
  skip(
    @CurrentCaller() caller: Caller,
    @Param() { rollout_id }: RolloutPath,
    @Body() { reason, wave }: WaveBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<RolloutAnswer> {
    return this.rollouts.act(caller, rollout_id, 'skip', { reason, idempotencyKey }, given({ wave }));
  }

  @Post('rollouts/:rollout_id/amend')
  @HttpCode(202)
  @ApiOperation({ summary: 'Change pace, limits, window, deadlines or failure gate of a rollout that runs' })
  @ApiAcceptedResponse({ type: RolloutAnswer })
  @Refuses(
    'rollout-unknown',
    'action-not-allowed',
    'not-amendable',
    'reason-required',
    'too-many-waves',
    'request-exists',
  )
  @ApiBody({ type: AmendBody })
  amend(
    @CurrentCaller() caller: Caller,
    @Param() { rollout_id }: RolloutPath,
    @Body() body: object,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<RolloutAnswer> {
    return this.rollouts.amend(caller, rollout_id, body, idempotencyKey);
  }

  @Post('rollouts/:rollout_id/:action')
  @HttpCode(202)
  @ApiOperation({ summary: `One of ${PLAIN_ACTIONS.join(', ')}, when the rollout allows it` })
  @ApiParam({ name: 'action', enum: PLAIN_ACTIONS, description: 'What the rollout shall do.' })
  @ApiAcceptedResponse({ type: RolloutAnswer })
  @Refuses('not-found', 'rollout-unknown', 'action-not-allowed', 'reason-required', 'request-exists')
  @ApiBody({ type: ReasonBody, required: false })
  act(
    @CurrentCaller() caller: Caller,
    @Param() { rollout_id }: RolloutPath,
    @Param('action', new ActionPipe()) action: RolloutAction,
    @Body() { reason }: ReasonBody,
    @Headers('idempotency-key') idempotencyKey?: string,
  ): Promise<RolloutAnswer> {
    return this.rollouts.act(caller, rollout_id, action, { reason, idempotencyKey });
  }

  @Put('fleets/:fleet/window')
  @HttpCode(202)
  @ApiOperation({ summary: 'Set the maintenance window of a fleet: no rollout tells its devices outside of it' })
  @ApiBody({ schema: contractSchema(MaintenanceWindow) })
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
  @Refuses('window-unknown')
  clearWindow(@CurrentCaller() caller: Caller, @Param() { fleet }: FleetPath): Promise<RequestAnswer> {
    return this.rollouts.clearWindow(caller, fleet);
  }
}
