import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsToken, PHASES, STAGES, type Phase, type Stage } from '@edgeflow/contracts';
import type { MemberStatus } from '@edgeflow/rollout';
import { PageAnswer, PageQuery } from '../query/page.js';
import { IsWholeNumber } from '../query/whole-number.js';

/** The largest value of a Postgres `integer`. */
const MAX_INTEGER = 2 ** 31 - 1;

/** What a device of a rollout may be; `excluded` are those that were left out. */
export const DEVICE_STATUSES = [
  'queued',
  'in_flight',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'excluded',
] as const;
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** Query of `GET /query/v1/rollouts/{id}/devices`: devices that fit all of the filters, in the rollout's order. */
export class RolloutDevicesQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: DEVICE_STATUSES,
    description:
      'Without it all devices that are not `excluded`; with `excluded` those that were left out, by device_id.',
  })
  @IsOptional()
  @IsIn(DEVICE_STATUSES)
  status?: DeviceStatus;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Those who are left out are in no wave.' })
  @IsOptional()
  @IsWholeNumber(0, MAX_INTEGER)
  wave?: number;

  @ApiPropertyOptional({ enum: STAGES })
  @IsOptional()
  @IsIn(STAGES)
  stage?: Stage;
}

/** The order of the devices that are in. */
export class PlaceKey {
  @IsIn(STAGES) stage!: Stage;
  @IsInt() @Min(0) @Max(MAX_INTEGER) wave!: number;
  @IsInt() @Min(0) @Max(MAX_INTEGER) rank!: number;
}

/** The order of those that are left out. */
export class ExclusionKey {
  @IsIn(STAGES) stage!: Stage;
  @IsToken() device_id!: string;
}

/** One device in one stage of a rollout. */
export class RolloutDevice {
  @ApiProperty()
  device_id!: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Null for one that is left out.' })
  wave!: number | null;

  @ApiProperty({ enum: STAGES, description: '`rollback`: the way back.' })
  stage!: Stage;

  @ApiProperty({ enum: DEVICE_STATUSES })
  status!: DeviceStatus;

  @ApiProperty({ type: String, nullable: true, description: 'What it is to run.' })
  version!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What it ran when it was told last.' })
  from_version!: string | null;

  @ApiProperty({ type: 'integer', description: 'Tries so far.' })
  attempt!: number;

  @ApiProperty({ type: String, nullable: true })
  update_id!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed last, was cancelled, skipped or left out.' })
  code!: string | null;

  @ApiProperty({ type: String, nullable: true })
  detail!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Not tried again before.' })
  not_before!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  changed_at!: string | null;

  @ApiProperty({ enum: PHASES, nullable: true, description: 'What the device does, while it is in flight.' })
  phase!: Phase | null;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100, nullable: true, description: 'While it is in flight.' })
  progress!: number | null;
}

export class RolloutDevicesAnswer extends PageAnswer {
  @ApiProperty({ type: [RolloutDevice] })
  items!: RolloutDevice[];
}

/** A device that waits is `queued` for everybody else. */
export function shownStatus(status: MemberStatus): DeviceStatus {
  return status === 'waiting' ? 'queued' : status;
}

/** The stored status of devices that are in. */
export function storedStatus(status: Exclude<DeviceStatus, 'excluded'>): MemberStatus {
  return status === 'queued' ? 'waiting' : status;
}
