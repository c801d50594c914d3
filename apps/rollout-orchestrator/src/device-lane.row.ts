import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { positionColumn } from '@edgeflow/fold';
import type { DeviceLane } from '@edgeflow/device-update';

/** One device as the decisions see it. */
@Entity('device_lane')
export class DeviceLaneRow {
  @PrimaryColumn('text')
  org!: string;

  @PrimaryColumn('text')
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

  @Column('jsonb')
  state!: DeviceLane;
}
