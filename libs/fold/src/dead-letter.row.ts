import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from './columns.js';

/** An event that this fold has passed over since it could not be read or folded, until somebody has acknowledged it, and for ever. */
@Entity('set_aside')
@Index('set_aside_by_org', ['org', 'position'])
@Index('set_aside_by_lane', ['org', 'entity', 'entity_id'])
@Index('set_aside_open', ['position'], { where: 'acknowledged_at IS NULL' })
export class DeadLetterRow {
  /** Stream sequence. */
  @PrimaryColumn('bigint', { transformer: positionColumn })
  position!: number;

  /** `_` for what stands in no organization. */
  @Column({ type: 'text', collation: 'C' })
  org!: string;

  @Column({ type: 'text', collation: 'C' })
  entity!: string;

  @Column({ type: 'text', collation: 'C' })
  entity_id!: string;

  @Column('text')
  type!: string;

  @Column('text')
  subject!: string;

  /** Why, as a code: of errors.md, or `handler-failed`. */
  @Column('text')
  code!: string;

  /** Why, in words. */
  @Column('text')
  reason!: string;

  /** When it happened, or was stored. */
  @Column('timestamptz', { transformer: timeColumn })
  time!: string;

  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  acknowledged_at!: string | null;

  @Column('text', { nullable: true })
  acknowledged_by!: string | null;
}
