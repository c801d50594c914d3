import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Trust } from '@edgeflow/firmware';
import { positionColumn } from '@edgeflow/fold';

/** What an organization trusts: a fold of its trust stream. */
@Entity('trust')
export class TrustRow {
  @PrimaryColumn('text')
  org!: string;

  @Column('bigint', { transformer: positionColumn })
  position!: number;

  @Column('jsonb')
  state!: Trust;
}
