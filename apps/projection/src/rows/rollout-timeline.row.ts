import { Entity, Index, PrimaryColumn } from 'typeorm';
import { positionColumn } from '@edgeflow/fold';
import { TimelineEvent } from './timeline.row.js';

/** One event of a rollout's timeline: of its stream, or a request aimed at it. Lists of devices are counts here. */
@Entity('rollout_event')
@Index('rollout_event_by_id', ['org', 'event_id'])
export class RolloutTimelineRow extends TimelineEvent {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @PrimaryColumn('text', { collation: 'C' })
  rollout_id!: string;

  @PrimaryColumn('bigint', { transformer: positionColumn })
  position!: number;
}
