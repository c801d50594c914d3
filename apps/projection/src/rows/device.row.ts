import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, Index } from 'typeorm';
import { RoomForChanges } from '@edgeflow/fold';
import { PHASES, type Phase } from '@edgeflow/contracts';
import { Flag, Id, MaybeText, MaybeTime, MaybeWhole, Org, Position, Text, Time } from './columns.js';

/** What `ota_status` may say (docs/architecture.md, "What is fixed"). */
export const OTA_STATUSES = ['idle', 'updating', 'completed', 'failed'] as const;
export type OtaStatus = (typeof OTA_STATUSES)[number];

/** Why an update failed: a stable code, and a sentence for people. */
export class FailureAnswer {
  @ApiProperty({ example: 'checksum-mismatch' }) code!: string;
  @ApiProperty() detail!: string;
}

/** An update that somebody at the device wants later. */
export class PostponedAnswer {
  @ApiProperty({ format: 'date-time' }) until!: string;
  @ApiProperty({ type: String, nullable: true, description: 'In the words of whoever put it off.' })
  reason!: string | null;
}

/**
 * A device record as it is stored and, without what is internal, as it is shown. The order of the first fields is fixed (docs/architecture.md,
 * "What is fixed"). Collation C: the order of a page is that of the bytes, whatever the locale of the database.
 * Each filter of the list of devices has an index in the order of its pages; tags are rows of their own (`DeviceTagRow`). What every event changes has none, so that a
 * progress report rewrites no index.
 */
@Entity('device')
@RoomForChanges(50)
@Index('device_by_fleet', ['org', 'fleet', 'device_id'])
@Index('device_by_model', ['org', 'model', 'device_id'])
@Index('device_by_status', ['org', 'ota_status', 'device_id'])
@Index('device_by_online', ['org', 'online', 'device_id'])
@Index('device_by_drifted', ['org', 'drifted', 'device_id'])
@Index('device_by_version', ['org', 'current_version', 'device_id'])
@Index('device_by_target', ['org', 'target_version', 'device_id'])
export class DeviceRow {
  @Org() org!: string;
  @Id({ example: 'dev_abc123' }) device_id!: string;
  @MaybeText({ example: '1.2.0', description: 'What the device reported last.' }) current_version!: string | null;
  @MaybeText({ example: '1.3.0', description: 'What the newest update is to install.' })
  target_version!: string | null;

  @Text({ enum: OTA_STATUSES }) ota_status!: OtaStatus;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100 })
  @Column('smallint')
  progress!: number;

  @MaybeTime('When the OTA state changed last; null before the first update.') last_update_at!: string | null;

  @ApiProperty({
    enum: PHASES,
    nullable: true,
    description: 'What the device does now, or did when the update failed.',
  })
  @Column('text', { nullable: true })
  phase!: Phase | null;

  @ApiProperty({ type: FailureAnswer, nullable: true })
  @Column('jsonb', { nullable: true })
  failure!: FailureAnswer | null;

  @ApiProperty({ type: PostponedAnswer, nullable: true })
  @Column('jsonb', { nullable: true })
  postponed!: PostponedAnswer | null;

  @MaybeText('The newest update; null before the first.') update_id!: string | null;
  @MaybeWhole('1, 2, 3 … per device.') update_number!: number | null;
  @MaybeText('The rollout that wanted the newest update, if one did.') rollout_id!: string | null;
  @MaybeText('Who asked for the newest update, or for its rollout.') requested_by!: string | null;
  @MaybeText('Who sent the request for it: the source of a team’s event, or `http:` and the caller.')
  source!: string | null;

  @MaybeText('What it ran before: where a rollback leads.') previous_version!: string | null;
  @Text({ example: 'edge-gw' }) model!: string;
  @MaybeText() fleet!: string | null;

  @ApiProperty({ type: [String] })
  @Column('text', { array: true })
  tags!: string[];

  @Flag() online!: boolean;

  @Column('text', { nullable: true })
  session_id!: string | null;

  @MaybeText('Another boot id means that the device rebooted.') boot_id!: string | null;
  @MaybeTime('Its newest connect, goodbye or report.') last_seen_at!: string | null;
  @Time() registered_at!: string;
  @Flag('A revoked device may not connect.') revoked!: boolean;
  @Flag('False while its boot loader may still take back what it runs.') confirmed!: boolean;
  @Flag('True while no update is open and it runs something else than its newest update was to install.')
  drifted!: boolean;

  @MaybeWhole('How often it was told to install its target version, in all rollouts and by itself; null without one.')
  attempts_on_version!: number | null;

  /** How often it was told each version, and with which update last; of the versions that were told last. */
  @Column('jsonb')
  attempts!: Readonly<Record<string, { told: number; last: number }>>;

  /** While an update is open, the OTA state before it (`DeviceRecord`): what the record says again where nothing comes of the update. Null for none. */
  @Column('jsonb', { nullable: true })
  before!: object | null;

  /** What the device was told and that was taken back: it may come up on it all the same. Null for none. */
  @Column('text', { nullable: true })
  abandoned_version!: string | null;

  @Position() position!: number;
}
