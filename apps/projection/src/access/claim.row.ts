import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from '@edgeflow/fold';

/** A claim token, without anything that it could be made from. */
@Entity('claim')
export class ClaimRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @ApiProperty()
  @PrimaryColumn('text', { collation: 'C' })
  claim_id!: string;

  @ApiProperty({ type: 'integer', description: 'So many devices may register with it.' })
  @Column('integer')
  uses!: number;

  @ApiProperty({ type: 'integer', description: 'So many have.' })
  @Column('integer')
  used!: number;

  @ApiProperty({ format: 'date-time' })
  @Column('timestamptz', { transformer: timeColumn })
  expires_at!: string;

  @ApiProperty({ type: String, nullable: true })
  @Column('text', { nullable: true })
  fleet!: string | null;

  @ApiProperty({ type: String, nullable: true })
  @Column('text', { nullable: true })
  model!: string | null;

  @ApiProperty()
  @Column('text')
  issued_by!: string;

  @ApiProperty({ format: 'date-time' })
  @Column('timestamptz', { transformer: timeColumn })
  issued_at!: string;

  @ApiProperty()
  @Column('boolean')
  revoked!: boolean;

  @Column('bigint', { transformer: positionColumn })
  position!: number;
}
