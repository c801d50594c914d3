import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from '@edgeflow/fold';

/** One firmware: a version for a model, as it is stored and, without what is internal, as it is shown. */
@Entity('firmware')
@Index('firmware_by_upload', ['org', 'uploaded_at', 'firmware_id'])
export class FirmwareRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @ApiProperty({ example: 'fw_5f0c' })
  @PrimaryColumn('text', { collation: 'C' })
  firmware_id!: string;

  @ApiProperty({ example: 'edge-gw' })
  @Column('text')
  model!: string;

  @ApiProperty({ type: [String], description: 'All models of the upload; each is a firmware of its own.' })
  @Column('text', { array: true })
  models!: string[];

  @ApiProperty({ example: '1.3.0' })
  @Column('text')
  version!: string;

  @ApiProperty({ pattern: '^[0-9a-f]{64}$' })
  @Column('text')
  sha256!: string;

  @ApiProperty({ type: 'integer', description: 'Bytes.' })
  @Column('bigint', { transformer: positionColumn })
  size!: number;

  @ApiProperty({ description: 'The key of the image in the object store.' })
  @Column('text')
  key!: string;

  @ApiProperty({ type: String, nullable: true, description: 'A device on an older version may not take this one.' })
  @Column('text', { nullable: true })
  min_version!: string | null;

  @ApiProperty({ type: String, nullable: true })
  @Column('text', { nullable: true })
  release_notes!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The id of the key that signed it; null for an unsigned one.',
  })
  @Column('text', { nullable: true })
  signed_by!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  @Column('bigint', { nullable: true, transformer: positionColumn })
  release_counter!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'After this it is not offered.' })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  manifest_expires_at!: string | null;

  @ApiProperty({ description: 'Devices may come down to it from a higher release counter.' })
  @Column('boolean', { default: false })
  allow_downgrade!: boolean;

  @ApiProperty({ format: 'date-time' })
  @Column('timestamptz', { transformer: timeColumn })
  uploaded_at!: string;

  @ApiProperty()
  @Column('text')
  uploaded_by!: string;

  @ApiProperty({ description: 'A revoked firmware is not rolled out; devices that run it keep it.' })
  @Column('boolean')
  revoked!: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  @Column('timestamptz', { nullable: true, transformer: timeColumn })
  revoked_at!: string | null;

  @Column('bigint', { transformer: positionColumn })
  position!: number;
}
