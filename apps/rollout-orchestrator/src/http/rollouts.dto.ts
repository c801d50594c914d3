import type { PipeTransform } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, Min } from 'class-validator';
import {
  IsDeviceId,
  IsLabel,
  IsText,
  IsToken,
  ROLLOUT_ACTIONS,
  Refused,
  RolloutSpec,
  type RolloutAction,
} from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

const WARNINGS = {
  type: 'object',
  additionalProperties: { type: 'integer' },
  description: 'eligible devices that there is reason to doubt of, by error code, e.g. `key-not-trusted`.',
} as const;

/** Query of `POST /orchestrator/v1/rollouts`. */
export class RolloutQuery {
  @Optional({ enum: ['true', 'false'], description: '`true`: answer with the plan and start nothing.' })
  dry_run?: 'true' | 'false';
}

/** Body of `POST /orchestrator/v1/rollouts`: what it is to be, and why. */
export class RolloutBody extends RolloutSpec {
  @IsOptional() @IsText(1024) reason?: string;
}

/** Body of an action on a rollout, and of a device's rollback. */
export class ReasonBody {
  @Optional({ maxLength: 1024, description: 'Why; it stands in the event.' }) @IsText(1024) reason?: string;
}

/** Body of `retry` and `skip`. */
export class WaveBody extends ReasonBody {
  @Optional({
    type: 'integer',
    minimum: 0,
    description: 'The place of the wave, from 0 on; docs/rollouts.md says which one it is without it.',
  })
  @IsInt()
  @Min(0)
  wave?: number;
}

export class RolloutPath {
  @ApiProperty({ example: 'rol_5f0c' })
  @IsToken()
  rollout_id!: string;
}

/** Actions that take no more than a reason. */
export const PLAIN_ACTIONS = ROLLOUT_ACTIONS.filter((action) => !['retry', 'skip', 'amend'].includes(action));

/** What a rollout may be asked to do; any other word is no route. */
export class ActionPipe implements PipeTransform<string, RolloutAction> {
  /** @throws Refused `not-found` */
  transform(name: string): RolloutAction {
    const action = ROLLOUT_ACTIONS.find((one) => one === name);
    if (action) return action;
    throw new Refused('not-found', `A rollout has no action ${name}.`);
  }
}

export class DevicePath {
  @ApiProperty({ example: 'dev_abc123' })
  @IsDeviceId()
  device_id!: string;
}

export class FleetPath {
  @ApiProperty({ example: 'north' })
  @IsLabel()
  fleet!: string;
}

/** Another rollout that has devices of a plan, which have not ended in it. */
export class OverlapAnswer {
  @ApiProperty({ example: 'rol_41d7' }) rollout_id!: string;
  @ApiProperty() version!: string;
  @ApiProperty({ description: 'In the words of its resource.', example: 'running' }) state!: string;
  @ApiProperty({ type: 'integer', minimum: 1, description: 'Devices that both want.' }) devices!: number;
}
const NoWayBack = (): PropertyDecorator =>
  ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description:
      'Devices that a rollback could not bring back as things stand, by error code; with `failure.action: rollback`.',
  });

/** Answer of every request about a rollout. */
export class RolloutAnswer {
  @ApiProperty({ example: 'rol_5f0c' })
  rollout_id!: string;

  @ApiProperty({ example: 'req_8a41' })
  request_id!: string;

  @ApiProperty({
    type: 'integer',
    description: 'Stream sequence of the newest event of this request: give it to a query as `after`.',
  })
  position!: number;

  @ApiProperty({ enum: ['requested', 'decided'], description: '`requested`: the decision is still open.' })
  status!: 'requested' | 'decided';

  @ApiPropertyOptional({ ...WARNINGS, description: `Of a rollout that was accepted: ${WARNINGS.description}` })
  warnings?: Record<string, number>;
  @ApiPropertyOptional({
    type: [OverlapAnswer],
    description:
      'Of a rollout that was accepted: other rollouts that have some of its devices, which have not ended in them.',
  })
  overlaps?: OverlapAnswer[];

  @NoWayBack()
  no_way_back?: Record<string, number>;
}

/** Answer of a request that is about no rollout. */
export class RequestAnswer {
  @ApiProperty({ example: 'req_8a41' })
  request_id!: string;

  @ApiProperty({ type: 'integer', description: 'Stream sequence of the request: give it to a query as `after`.' })
  position!: number;
}

/** One wave of a plan. */
export class PlannedWaveAnswer {
  @ApiProperty({ type: 'integer', minimum: 0 }) index!: number;
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Devices of the wave.' }) eligible!: number;
  @ApiProperty({ type: 'integer', minimum: 0 }) soak_s!: number;
  @ApiPropertyOptional({ description: 'Of the finished devices so many percent must have succeeded.' })
  success_percent?: number;
}

/** Answer of a dry run: what the rollout would be if it were asked for now. */
export class PlanAnswer {
  @ApiProperty() version!: string;
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Devices in all waves together.' }) eligible!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Devices that are left out, by error code.',
  })
  excluded!: Record<string, number>;
  @ApiProperty(WARNINGS) warnings!: Record<string, number>;

  @NoWayBack()
  no_way_back?: Record<string, number>;

  @ApiProperty({ type: [PlannedWaveAnswer] }) waves!: PlannedWaveAnswer[];
  @ApiProperty({
    type: [OverlapAnswer],
    description: 'Other rollouts that have some of the devices, which have not ended in them.',
  })
  overlaps!: OverlapAnswer[];
}
