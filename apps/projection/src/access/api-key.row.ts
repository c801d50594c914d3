import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from '@edgeflow/fold';

/** A program's key, without anything that it could be made from. */
@Entity('api_key')
export class ApiKeyRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @ApiProperty()
  @PrimaryColumn('text', { collation: 'C' })
  key_id!: string;

  @ApiProperty()
  @Column('text')
  name!: string;

  @ApiProperty({ type: [String] })
  @Column('jsonb')
  roles!: string[];

  @ApiProperty()
  @Column('text')
  issued_by!: string;

  @ApiProperty({ format: 'date-time' })
  @Column('timestamptz', { transformer: timeColumn })
  issued_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  expires_at!: string | null;

  @ApiProperty()
  @Column('boolean')
  revoked!: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To within some minutes.' })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  last_used_at!: string | null;

  @Column('bigint', { transformer: positionColumn })
  position!: number;
}
