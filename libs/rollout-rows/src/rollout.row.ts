import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { positionColumn } from '@edgeflow/fold';
import type { Rollout } from '@edgeflow/rollout';

/** One rollout: its state, and beside it what queries choose by. */
@Entity('rollout')
@Index('rollout_active', ['org', 'rollout_id'], { where: 'active' })
@Index('rollout_paused', ['org', 'rollout_id'], { where: `status = 'paused'` })
@Index('rollout_by_position', ['org', 'first_position'])
export class RolloutRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  rollout_id!: string;

  @Column('text')
  status!: Rollout['status'];

  @Column('text', { nullable: true })
  version!: string | null;

  @Column('integer')
  priority!: number;

  /** True while it may need a decision. */
  @Column('boolean')
  active!: boolean;

  /** True while the devices that it wants are not for older rollouts: `claimsDevices`. */
  @Column('boolean')
  claims!: boolean;

  /** The last sequence of the rollout's own stream that is in `state`: what the next append says it saw. */
  @Column('bigint', { transformer: positionColumn })
  lane_position!: number;

  /** Where the rollout begins in the log: the order of lists. */
  @Column('bigint', { transformer: positionColumn })
  first_position!: number;

  /** The last event of any kind that is in `state`. */
  @Column('bigint', { transformer: positionColumn })
  position!: number;

  @Column('jsonb')
  state!: Rollout;
}
