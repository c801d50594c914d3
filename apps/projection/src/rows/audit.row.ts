import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ChainedEntry } from '@edgeflow/audit';
import { positionColumn } from '@edgeflow/fold';
import { MaybeText, MaybeWhole, Org, Position, Text, Time } from './columns.js';

const DIGEST = { pattern: '^[0-9a-f]{64}$' };

/** One line of an organization's audit trail. The members are those over which its hash goes. */
@Entity('audit')
@Index('audit_by_actor', ['org', 'actor', 'seq'])
@Index('audit_by_action', ['org', 'action', 'seq'])
@Index('audit_by_outcome', ['org', 'outcome', 'seq'])
@Index('audit_by_code', ['org', 'code', 'seq'], { where: 'code IS NOT NULL' })
@Index('audit_by_time', ['org', 'time', 'seq'])
// For a long time of many lines: who pages through it passes over what is newer without reading it.
@Index('audit_in_order', ['org', 'seq', 'time'])
export class AuditRow implements ChainedEntry {
  @Org() org!: string;

  @ApiProperty({ type: 'integer', description: '1, 2, 3 … in each organization.' })
  @PrimaryColumn('bigint', { transformer: positionColumn })
  seq!: number;

  @ApiProperty({ type: 'integer', description: 'Stream sequence of the event that says it.' })
  @Position()
  position!: number;

  @Time() time!: string;
  @Text() event_id!: string;
  @Text('`ActionRecorded` for a request over HTTP, else the event that it is.') event_type!: string;
  @Text('Who wrote the event: a service, or a platform team.') source!: string;
  @Text('member, api-key, device-claim or device; `stated` for whom an event names.') actor_kind!: string;
  @Text() actor!: string;

  @ApiProperty({ type: [String] })
  @Column('jsonb')
  roles!: string[];

  @Text('Method and route, or the name of the event.') action!: string;
  @Text('The path, or the stream of the event.') resource!: string;
  @MaybeText() reason!: string | null;
  @Text({ enum: ['succeeded', 'denied', 'refused', 'failed'] }) outcome!: ChainedEntry['outcome'];
  @MaybeWhole('The HTTP status.') status!: number | null;
  @MaybeText() code!: string | null;
  @MaybeText() ip!: string | null;
  @MaybeText() user_agent!: string | null;
  @MaybeText('The call over HTTP, which everything else calls `http_request_id`; not a request in the log.')
  request_id!: string | null;
  @MaybeWhole('So many like it were left out before it.') suppressed!: number | null;
  @Text(DIGEST) prev_hash!: string;
  @Text(DIGEST) hash!: string;
}

/** The end of an organization's trail, so that one that is cut off there is noticed. */
@Entity('audit_head')
export class AuditHeadRow {
  @Org() org!: string;

  @Column('bigint', { transformer: positionColumn })
  seq!: number;

  @Column('text')
  hash!: string;

  /** Of the last event that is in the trail. */
  @Position() position!: number;
}
