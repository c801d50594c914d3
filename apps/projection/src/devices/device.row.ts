import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { PHASES, type Phase } from '@edgeflow/contracts';
import { positionColumn, timeColumn } from '@edgeflow/fold';

import { OTA_STATUSES, type Failure, type OtaStatus } from './device.record.js';

/** Why an update failed. */
export class FailureAnswer implements Failure {
  @ApiProperty({ example: 'checksum-mismatch' })
  code!: string;

  @ApiProperty()
  detail!: string;
}

/**
 * A device record as it is stored and, without what is internal, as it is shown. The order of the first fields is fixed (DESIGN.md
 * section 5). Collation C: the order of a page is that of the bytes, whatever the locale of the database.
 * The indexed columns hardly ever change, so that a progress report rewrites no index.
 */
@Entity('device')
@Index('device_by_fleet', ['org', 'fleet', 'device_id'])
@Index('device_by_model', ['org', 'model', 'device_id'])
export class DeviceRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @ApiProperty({ example: 'dev_abc123' })
  @PrimaryColumn('text', { collation: 'C' })
  device_id!: string;

  @ApiProperty({ type: String, nullable: true, example: '1.2.0', description: 'What the device reported last.' })
  @Column('text', { nullable: true })
  current_version!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '1.3.0', description: 'What the newest update is to install.' })
  @Column('text', { nullable: true })
  target_version!: string | null;

  @ApiProperty({ enum: OTA_STATUSES })
  @Column('text')
  ota_status!: OtaStatus;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100 })
  @Column('smallint')
  progress!: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the OTA state changed last; null before the first update.',
  })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  last_update_at!: string | null;

  @ApiProperty({
    enum: PHASES,
    nullable: true,
    description: 'What the device does now, or did when the update failed.',
  })
  @Column('text', { nullable: true })
  phase!: Phase | null;

  @ApiProperty({ type: FailureAnswer, nullable: true })
  @Column('jsonb', { nullable: true })
  failure!: Failure | null;

  @ApiProperty({ type: String, nullable: true, description: 'The newest update; null before the first.' })
  @Column('text', { nullable: true })
  update_id!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: '1, 2, 3 … per device.' })
  @Column('integer', { nullable: true })
  update_number!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The rollout that wanted the newest update, if one did.' })
  @Column('text', { nullable: true })
  rollout_id!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What it ran before: where a rollback leads.' })
  @Column('text', { nullable: true })
  previous_version!: string | null;

  @ApiProperty({ example: 'edge-gw' })
  @Column('text')
  model!: string;

  @ApiProperty({ type: String, nullable: true })
  @Column('text', { nullable: true })
  fleet!: string | null;

  @ApiProperty({ type: [String] })
  @Column('text', { array: true })
  tags!: string[];

  @ApiProperty()
  @Column('boolean')
  online!: boolean;

  @Column('text', { nullable: true })
  tunnel_id!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Another boot id means that the device rebooted.' })
  @Column('text', { nullable: true })
  boot_id!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Its newest connect, goodbye or report.',
  })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  last_seen_at!: string | null;

  @ApiProperty({ format: 'date-time' })
  @Column('timestamptz', { transformer: timeColumn })
  registered_at!: string;

  @ApiProperty({ description: 'A revoked device may not connect.' })
  @Column('boolean')
  revoked!: boolean;

  @Column('bigint', { transformer: positionColumn })
  position!: number;
}
