import { Column, Entity, PrimaryColumn } from 'typeorm';
import { positionColumn } from './checkpoint.js';
import { timeColumn } from './columns.js';

/** Who of several replicas folds, and how long that is so if it is not heard of again. */
@Entity('fold_lease')
export class FoldLease {
  /** The fold's. */
  @PrimaryColumn('text')
  name!: string;

  /** The replica; empty when it was given up. */
  @Column('text')
  holder!: string;

  /** Raised whenever the lease is taken: what was begun in an earlier term is not committed. */
  @Column('bigint', { transformer: positionColumn })
  term!: number;

  /** By PostgreSQL's clock, the only one that all replicas share. */
  @Column('timestamptz', { transformer: timeColumn })
  expires_at!: string;
}
