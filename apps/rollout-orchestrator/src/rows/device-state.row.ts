import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { RoomForChanges, positionColumn, timeColumn } from '@edgeflow/fold';
import type { DeviceUpdateState } from '@edgeflow/device-update';

/**
 * One device as the decisions see it; beside the state is what rollouts choose their devices by. What every event changes stands last, beside each other: of a row that stays in its page
 * PostgreSQL logs what lies between the first and the last byte that differ.
 */
@Entity('device_lane')
@RoomForChanges(50)
@Index('device_lane_by_fleet', ['org', 'fleet'])
export class DeviceStateRow {
  // Collation C, as in the rows of rollouts: two collations that meet in a join keep it from using an index.
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  device_id!: string;

  // Defaults, so that the columns can come to a table with rows; those are rebuilt then.
  @Column('text', { default: 'unknown' })
  registration!: DeviceUpdateState['registration']['status'];

  @Column('text', { nullable: true })
  model!: string | null;

  @Column('text', { nullable: true })
  fleet!: string | null;

  @Column('text', { array: true, default: () => "'{}'" })
  tags!: readonly string[];

  @Column('jsonb', { nullable: true })
  signing!: NonNullable<DeviceUpdateState['signing']> | null;

  @Column('bigint', { nullable: true, transformer: positionColumn })
  highest_counter!: number | null;

  /** Where the device that had the id before was taken out of service. */
  @Index('device_lane_reborn', { where: 'born_after IS NOT NULL' })
  @Column('bigint', { nullable: true, transformer: positionColumn })
  born_after!: number | null;

  @Column('text', { nullable: true })
  version!: string | null;

  /** True while its boot loader may still take back what it runs. */
  @Column('boolean', { default: false })
  unconfirmed!: boolean;

  /** The version that a rollback would lead to; null where the log knows none. */
  @Column('text', { nullable: true })
  goes_back_to!: string | null;

  @Column('boolean', { default: false })
  online!: boolean;

  /** True while an update is open. */
  @Column('boolean', { default: false })
  busy!: boolean;

  /** True for a queued update that waits for its time, and has nothing else to wait for. */
  @Index('device_lane_held', { where: 'held' })
  @Column('boolean', { default: false })
  held!: boolean;

  /** Not to be told before. */
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  held_until!: string | null;

  /** The window that its update names, as JSON; those of one text open at the same time. */
  @Column('text', { nullable: true })
  held_window!: string | null;

  /** The fleet whose maintenance window it keeps to. */
  @Column('text', { nullable: true })
  held_fleet!: string | null;

  /** The to-do list: true while the device waits for a decision. */
  @Index('device_lane_due', { where: 'due' })
  @Column('boolean')
  due!: boolean;

  /** When time alone makes a decision due: a phase of the open update lasts too long then. */
  @Index('device_lane_wakes', { where: 'wake_at IS NOT NULL' })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  wake_at!: string | null;

  /** The last sequence of the update stream that is in `state`: what the next append says it saw. */
  @Column('bigint', { transformer: positionColumn })
  lane_position!: number;

  /** The last event of any kind that is in `state`. */
  @Column('bigint', { transformer: positionColumn })
  position!: number;

  @Column('jsonb')
  state!: DeviceUpdateState;
}
