import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsLabel, IsText, IsToken } from '@edgeflow/contracts';

/** Query of `POST /orchestrator/v1/rollouts`. */
export class RolloutQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: '`true`: answer with the plan and start nothing.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  dry_run?: 'true' | 'false';
}

/** Body of an action on a rollout, and of a device's rollback. */
export class ReasonBody {
  @ApiPropertyOptional({ maxLength: 1024, description: 'Why; it stands in the event.' })
  @IsOptional()
  @IsText(1024)
  reason?: string;
}

export class RolloutPath {
  @ApiProperty({ example: 'rol_5f0c' })
  @IsToken()
  rollout_id!: string;
}

export class DevicePath {
  @ApiProperty({ example: 'dev_abc123' })
  @IsToken()
  device_id!: string;
}

export class FleetPath {
  @ApiProperty({ example: 'north' })
  @IsLabel()
  fleet!: string;
}

/** Answer of every request about a rollout. */
export class RolloutAnswer {
  @ApiProperty({ example: 'rol_5f0c' })
  rollout_id!: string;

  @ApiProperty({ example: 'req_8a41' })
  request_id!: string;

  @ApiProperty({ description: 'Stream sequence of the newest event of this request: give it to a query as `after`.' })
  position!: number;

  @ApiProperty({ enum: ['requested', 'decided'], description: '`requested`: the decision is still open.' })
  status!: 'requested' | 'decided';
}

/** Answer of a request that is about no rollout. */
export class RequestAnswer {
  @ApiProperty({ example: 'req_8a41' })
  request_id!: string;

  @ApiProperty({ description: 'Stream sequence of the request.' })
  position!: number;
}

/** One wave of a plan. */
export class PlannedWaveAnswer {
  @ApiProperty() index!: number;
  @ApiProperty({ description: 'Devices.' }) eligible!: number;
  @ApiProperty({ description: 'Seconds after the wave, before the next one.' }) soak_s!: number;
  @ApiPropertyOptional({ description: 'Of the finished devices so many percent must have succeeded.' })
  success_percent?: number;
}

/** Answer of a dry run: what the rollout would be if it were asked for now. */
export class PlanAnswer {
  @ApiProperty() version!: string;
  @ApiProperty({ description: 'Devices in all waves together.' }) eligible!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Devices that are left out, by error code.',
  })
  excluded!: Record<string, number>;
  @ApiProperty({ type: [PlannedWaveAnswer] }) waves!: PlannedWaveAnswer[];
}
