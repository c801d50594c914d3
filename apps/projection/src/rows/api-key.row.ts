import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity } from 'typeorm';
import { Flag, Id, MaybeTime, Org, Position, Text, Time } from './columns.js';

/** A program's key, without anything that it could be made from. */
@Entity('api_key')
export class ApiKeyRow {
  @Org() org!: string;
  @Id() key_id!: string;
  @Text() name!: string;

  @ApiProperty({ type: [String] })
  @Column('jsonb')
  roles!: string[];

  @Text() issued_by!: string;
  @Time() issued_at!: string;
  @MaybeTime() expires_at!: string | null;
  @Flag() revoked!: boolean;
  @MaybeTime('To within some minutes.') last_used_at!: string | null;
  @Position() position!: number;
}
