import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsToken, IsVersion, WHEN_OFFLINE } from '@edgeflow/contracts';

/** Body of `POST /orchestrator/v1/updates`. */
export class UpdateRequestBody {
  @ApiProperty({ example: 'dev_abc123', pattern: '^[A-Za-z0-9_-]{1,64}$' })
  @IsToken()
  device_id!: string;

  @ApiProperty({ example: '1.3.0', description: 'Semantic version of a registered firmware.' })
  @IsVersion()
  version!: string;

  @ApiPropertyOptional({ default: false, description: 'Apply the image even when the device runs the version.' })
  @IsOptional()
  @IsBoolean()
  force?: boolean;

  @ApiPropertyOptional({
    enum: WHEN_OFFLINE,
    default: 'reject',
    description: 'What to do while the device is offline.',
  })
  @IsOptional()
  @IsIn(WHEN_OFFLINE)
  when_offline?: (typeof WHEN_OFFLINE)[number];

  @ApiPropertyOptional({ minimum: 1, maximum: 2_592_000, description: 'Seconds until the update has failed.' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(2_592_000)
  deadline_s?: number;
}

/** How far the request had come when the answer was given. */
export const ANSWERS = ['requested', 'queued', 'dispatched', 'skipped'] as const;

/** Answer of `POST /orchestrator/v1/updates`. */
export class UpdateAnswer {
  @ApiProperty({ example: 'upd_5f0c' })
  update_id!: string;

  @ApiProperty({ example: 'req_8a41' })
  request_id!: string;

  @ApiProperty({ description: 'Stream sequence of the newest event of this request: give it to a query as `after`.' })
  position!: number;

  @ApiProperty({ enum: ANSWERS, description: '`requested`: the decision is still open.' })
  status!: (typeof ANSWERS)[number];

  @ApiPropertyOptional({ description: 'Why it was skipped.' })
  detail?: string;
}
