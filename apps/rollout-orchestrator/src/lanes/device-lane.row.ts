import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from '@edgeflow/fold';
import type { DeviceLane } from '@edgeflow/device-update';

/** One device as the decisions see it; beside the state is what rollouts choose their devices by. */
@Entity('device_lane')
@Index('device_lane_by_fleet', ['org', 'fleet'])
export class DeviceLaneRow {
  // Collation C, as in the rows of rollouts: two collations that meet in a join keep it from using an index.
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  device_id!: string;

  /** The last sequence of the update lane that is in `state`: what the next append says it saw. */
  @Column('bigint', { transformer: positionColumn })
  lane_position!: number;

  /** The last event of any kind that is in `state`. */
  @Column('bigint', { transformer: positionColumn })
  position!: number;

  /** The to-do list: true while the lane waits for a decision. */
  @Index('device_lane_due', { where: 'due' })
  @Column('boolean')
  due!: boolean;

  /** When time alone makes a decision due: a phase of the open update lasts too long then. */
  @Index('device_lane_wakes', { where: 'wake_at IS NOT NULL' })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  wake_at!: string | null;

  // Defaults, so that the columns can come to a table with rows; those are rebuilt then.
  @Column('text', { default: 'unknown' })
  registration!: DeviceLane['registration']['status'];

  @Column('text', { nullable: true })
  model!: string | null;

  @Column('text', { nullable: true })
  fleet!: string | null;

  @Column('text', { array: true, default: () => "'{}'" })
  tags!: readonly string[];

  @Column('text', { nullable: true })
  version!: string | null;

  @Column('boolean', { default: false })
  online!: boolean;

  /** True while an update is open. */
  @Column('boolean', { default: false })
  busy!: boolean;

  @Column('bigint', { nullable: true, transformer: positionColumn })
  highest_counter!: number | null;

  @Column('jsonb')
  state!: DeviceLane;
}
