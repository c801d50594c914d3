import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { FirmwareSignature } from '@edgeflow/contracts';
import { positionColumn } from '@edgeflow/fold';

/** What decisions need of a signature. */
export type FirmwareFacts = Omit<FirmwareSignature, 'manifest'>;

/** A firmware as the decisions see it: one model of one version. */
@Entity('firmware')
@Index(['org', 'version'])
export class FirmwareRow {
  @PrimaryColumn('text')
  org!: string;

  @PrimaryColumn('text')
  firmware_id!: string;

  @Column('text')
  model!: string;

  @Column('text')
  version!: string;

  @Column('text')
  sha256!: string;

  /** Bytes. */
  @Column('bigint', { transformer: positionColumn })
  size!: number;

  @Column('text')
  key!: string;

  @Column('text', { nullable: true })
  min_version!: string | null;

  @Column('boolean')
  revoked!: boolean;

  /** Of its newest manifest, without the manifest itself; null for an unsigned one. */
  @Column('jsonb', { nullable: true })
  signature!: FirmwareFacts | null;

  /** The wish to delete it that has no answer yet: the to-do list of who counts its users. */
  @Index('firmware_to_count', { where: 'deletion_id IS NOT NULL' })
  @Column('text', { nullable: true })
  deletion_id!: string | null;

  /** Nobody needed it when it was to be deleted: it is gone for every decision, whether or not the registry has said so yet. That it was there is known for good. */
  @Column('boolean', { default: false })
  withdrawn!: boolean;
}
