import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, Index } from 'typeorm';
import { positionColumn } from '@edgeflow/fold';
import { Flag, Id, MaybeText, MaybeTime, Org, Position, Text, Time } from './columns.js';

/** One firmware: a version for a model, as it is stored and, without what is internal, as it is shown. */
@Entity('firmware')
@Index('firmware_by_upload', ['org', 'uploaded_at', 'firmware_id'])
export class FirmwareRow {
  @Org() org!: string;
  @Id({ example: 'fw_5f0c' }) firmware_id!: string;
  @Text({ example: 'edge-gw' }) model!: string;

  @ApiProperty({ type: [String], description: 'All models of the upload; each is a firmware of its own.' })
  @Column('text', { array: true })
  models!: string[];

  @Text({ example: '1.3.0' }) version!: string;
  @Text({ pattern: '^[0-9a-f]{64}$' }) sha256!: string;

  @ApiProperty({ type: 'integer', description: 'Bytes.' })
  @Column('bigint', { transformer: positionColumn })
  size!: number;

  @Text('The key of the image in the object store.') key!: string;
  @MaybeText('A device on an older version may not take this one.') min_version!: string | null;
  @MaybeText() release_notes!: string | null;
  @MaybeText('The id of the key that signed it; null for an unsigned one.') signed_by!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  @Column('bigint', { nullable: true, transformer: positionColumn })
  release_counter!: number | null;

  @MaybeTime('After this it is not offered.') manifest_expires_at!: string | null;

  @ApiProperty({ description: 'Devices may come down to it from a higher release counter.' })
  @Column('boolean', { default: false })
  allow_downgrade!: boolean;

  @Time() uploaded_at!: string;
  @Text() uploaded_by!: string;
  @Flag('A revoked firmware is not rolled out; devices that run it keep it.') revoked!: boolean;
  @MaybeTime() revoked_at!: string | null;
  @Flag('A deleted firmware is not there any more; lists leave it out.') deleted!: boolean;
  @MaybeTime('When it was deleted.') deleted_at!: string | null;
  @Position() position!: number;
}
