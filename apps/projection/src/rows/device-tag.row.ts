import { Entity, Index, PrimaryColumn } from 'typeorm';
import { Id, Org } from './columns.js';

/**
 * A tag of a device: beside its record, since an index of lists knows neither organizations nor the order of pages, and would be written at
 * every change of the record.
 */
@Entity('device_tag')
@Index('device_tag_by_tag', ['org', 'tag', 'device_id'])
export class DeviceTagRow {
  @Org() org!: string;
  @Id() device_id!: string;

  @PrimaryColumn('text', { collation: 'C' })
  tag!: string;
}
