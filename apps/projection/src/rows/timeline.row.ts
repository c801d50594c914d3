import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EventName } from '@edgeflow/contracts';
import { positionColumn, timeColumn } from '@edgeflow/fold';

/** An event in a timeline, whosever it is. */
export abstract class TimelineEvent {
  abstract position: number;

  @Column('text')
  event_id!: string;

  @Column('text')
  type!: EventName;

  @Column('timestamptz', { transformer: timeColumn })
  time!: string;

  @Column('jsonb')
  data!: object;

  /** Who wrote it; of a request, who sent it (`sourceOfRequest`). */
  @Column('text')
  source!: string;

  @Column('text')
  correlation_id!: string;

  @Column('text', { nullable: true })
  causation_id!: string | null;
}

/** One event of a device's timeline. The key is the order in which it is read. */
@Entity('device_event')
export class TimelineRow extends TimelineEvent {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  device_id!: string;

  @PrimaryColumn('bigint', { transformer: positionColumn })
  position!: number;
}
