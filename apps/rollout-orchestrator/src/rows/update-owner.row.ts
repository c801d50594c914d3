import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whose update an id is, open or long ended: whoever takes one back names nothing but the update. */
@Entity('update_owner')
export class UpdateOwnerRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  update_id!: string;

  @Column('text')
  device_id!: string;
}
