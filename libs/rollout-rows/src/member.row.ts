import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Stage } from '@edgeflow/contracts';
import { RoomForChanges, positionColumn, timeColumn } from '@edgeflow/fold';
import type { Member, MemberStatus } from '@edgeflow/rollout';

/** One device in one stage of a rollout. */
@Entity('rollout_member')
@RoomForChanges(70)
@Index('rollout_member_by_place', ['org', 'rollout_id', 'stage', 'wave', 'rank'])
@Index('rollout_member_by_status', ['org', 'rollout_id', 'status', 'stage', 'wave', 'rank'])
@Index('rollout_member_open', ['org', 'device_id'], { where: `status IN ('waiting', 'in_flight')` })
export class MemberRow implements Member {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  rollout_id!: string;

  @PrimaryColumn('text')
  stage!: Stage;

  @PrimaryColumn('text', { collation: 'C' })
  device_id!: string;

  @Column('integer')
  rank!: number;

  @Column('integer')
  wave!: number;

  @Column('text')
  status!: MemberStatus;

  @Column('text')
  version!: string;

  @Column('text', { nullable: true })
  from_version!: string | null;

  @Column('integer')
  attempt!: number;

  @Column('integer')
  tries_before!: number;

  @Column('text', { nullable: true })
  update_id!: string | null;

  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  deadline_at!: string | null;

  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  not_before!: string | null;

  @Column('text', { nullable: true })
  code!: string | null;

  @Column('text', { nullable: true })
  detail!: string | null;

  @Column('boolean', { default: false })
  reverted!: boolean;

  @Column('boolean')
  joined!: boolean;

  @Column('bigint', { default: 0, transformer: positionColumn })
  planned_position!: number;

  @Column('timestamptz', { transformer: timeColumn })
  changed_at!: string;

  @Column('bigint', { transformer: positionColumn })
  position!: number;
}

/** A device that a rollout's target names and that is not eligible, or that a rollback cannot bring back. */
@Entity('rollout_exclusion')
export class ExclusionRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  rollout_id!: string;

  @PrimaryColumn('text')
  stage!: Stage;

  @PrimaryColumn('text', { collation: 'C' })
  device_id!: string;

  /** An error code. */
  @Column('text')
  reason!: string;

  /** Position of the event that left it out: a device that has its id later is another one. */
  @Column('bigint', { default: 0, transformer: positionColumn })
  planned_position!: number;
}
