import { ApiProperty } from '@nestjs/swagger';
import { PHASES, STAGES, type Phase, type Stage } from '@edgeflow/contracts';
import type { MemberStatus } from '@edgeflow/rollout';
import { Optional } from '@edgeflow/service-host';
import { PageAnswer, PageQuery } from './page.dto.js';
import { IsWholeNumber } from './whole-number.js';

/** The largest value of a Postgres `integer`. */
export const MAX_INTEGER = 2 ** 31 - 1;

/** What a device of a rollout may be; `excluded` are those that were left out. */
const DEVICE_STATUSES = ['queued', 'in_flight', 'succeeded', 'failed', 'cancelled', 'skipped', 'excluded'] as const;
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** Query of `GET /query/v1/rollouts/{id}/devices`: devices that fit all of the filters, in the rollout's order. */
export class RolloutDevicesQuery extends PageQuery {
  @Optional({
    enum: DEVICE_STATUSES,
    description:
      'Without it all devices that are not `excluded`; with `excluded` those that were left out, by device_id.',
  })
  status?: DeviceStatus;

  @Optional({ type: 'integer', minimum: 0, description: 'Those who are left out are in no wave.' })
  @IsWholeNumber(0, MAX_INTEGER)
  wave?: number;

  @Optional({ enum: STAGES }) stage?: Stage;
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

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'What it ran when it was told last; or at an earlier try, where it ran the version by then.',
  })
  from_version!: string | null;

  @ApiProperty({ type: 'integer', description: 'Tries so far.' })
  attempt!: number;

  @ApiProperty({ type: String, nullable: true })
  update_id!: string | null;

  @ApiProperty({
    ...{ type: 'integer', nullable: true },
    description: 'How often it was told this version, in all rollouts and by itself; null for one that is left out.',
  })
  attempts_on_version!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed last, was cancelled, skipped or left out.' })
  code!: string | null;

  @ApiProperty({ type: String, nullable: true })
  detail!: string | null;

  @ApiProperty({ description: 'True when it did not keep the version that it had come to last.' })
  reverted!: boolean;

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

/** Devices that failed alike. */
export class FailureGroup {
  @ApiProperty({ description: 'An error code, or the code that the devices gave.' })
  code!: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  devices!: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer' },
    description: 'The waves that they are in; none for those that cannot go back.',
  })
  waves!: number[];

  @ApiProperty({ type: [String], description: 'Five at most.' })
  example_device_ids!: string[];

  @ApiProperty({ type: String, nullable: true, description: 'What the first of them said.' })
  example_detail!: string | null;

  @ApiProperty({
    ...{ type: 'integer', minimum: 0 },
    description: 'The most often that one of them was told its version, in all rollouts and by itself.',
  })
  attempts_on_version!: number;

  @ApiProperty({ enum: STAGES, description: '`rollback`: they could not be brought back.' })
  stage!: Stage;
}

export class FailuresAnswer extends PageAnswer {
  @ApiProperty({ type: [FailureGroup], description: 'Most devices first, 100 codes at most.' })
  items!: FailureGroup[];
}

/** A device that waits is `queued` for everybody else. */
export function shownStatus(status: MemberStatus): DeviceStatus {
  return status === 'waiting' ? 'queued' : status;
}

/** The stored status of devices that are in. */
export function storedStatus(status: Exclude<DeviceStatus, 'excluded'>): MemberStatus {
  return status === 'queued' ? 'waiting' : status;
}
