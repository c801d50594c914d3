import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import {
  DEVICE_ID_PATTERN,
  IsA,
  IsDeviceId,
  IsText,
  IsTime,
  IsVersion,
  MaintenanceWindow,
  WHEN_OFFLINE,
  type ErrorCode,
} from '@edgeflow/contracts';
import { Optional, contractSchema } from '@edgeflow/service-host';
import { RELEASE_REFUSALS } from '../rows/catalog.js';

/** Body of `POST /orchestrator/v1/updates`. */
export class UpdateRequestBody {
  @ApiProperty({ example: 'dev_abc123', pattern: DEVICE_ID_PATTERN.source })
  @IsDeviceId()
  device_id!: string;

  @ApiProperty({ example: '1.3.0', description: 'Semantic version of a registered firmware.' })
  @IsVersion()
  version!: string;

  @Optional({ default: false, description: 'Apply the image even when the device runs the version.' })
  @IsBoolean()
  force?: boolean;

  @Optional({
    enum: WHEN_OFFLINE,
    default: 'reject',
    description: 'What to do while the device is offline.',
  })
  when_offline?: (typeof WHEN_OFFLINE)[number];

  @Optional({
    type: 'integer',
    minimum: 1,
    maximum: 2_592_000,
    description: 'Seconds until the update has failed, from when it can be told first.',
  })
  @IsInt()
  @Min(1)
  @Max(2_592_000)
  deadline_s?: number;

  @Optional({ format: 'date-time', description: 'Not to be told before.' })
  @IsTime()
  start_at?: string;

  @Optional({ allOf: [contractSchema(MaintenanceWindow)], description: 'To be told only within it.' })
  @IsA(() => MaintenanceWindow)
  window?: MaintenanceWindow;

  @Optional({
    default: false,
    description: 'Do not wait for the maintenance window of its fleet; needs a reason.',
  })
  @IsBoolean()
  ignore_window?: boolean;

  @Optional({ maxLength: 1024, description: 'Why; it stands in the event.' })
  @IsText(1024)
  reason?: string;
}

/** What a request for one device may be refused with, besides what every request is. */
export const UPDATE_REFUSALS = [
  ...RELEASE_REFUSALS,
  'request-exists',
  'device-unknown',
  'device-revoked',
  'model-mismatch',
  'min-version-not-met',
  'downgrade-refused',
  'newer-version',
  'update-in-progress',
  'device-offline',
  'window-never-opens',
  'no-good-version',
] as const satisfies ErrorCode[];

/** How far the request had come when the answer was given. */
export const ANSWERS = ['requested', 'queued', 'dispatched', 'skipped'] as const;

/** Answer of `POST /orchestrator/v1/updates`. */
export class UpdateAnswer {
  @ApiProperty({ example: 'upd_5f0c' })
  update_id!: string;

  @ApiProperty({ example: 'req_8a41' })
  request_id!: string;

  @ApiProperty({
    type: 'integer',
    description: 'Stream sequence of the newest event of this request: give it to a query as `after`.',
  })
  position!: number;

  @ApiProperty({ enum: ANSWERS, description: '`requested`: the decision is still open.' })
  status!: (typeof ANSWERS)[number];

  @ApiPropertyOptional({ description: 'Why it was skipped.' })
  detail?: string;
}
