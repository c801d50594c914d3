import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ChainedEntry } from '@edgeflow/audit';
import { positionColumn, timeColumn } from '@edgeflow/fold';

const nullable = { type: String, nullable: true } as const;

/** One line of an organization's audit trail. The members are those over which its hash goes. */
@Entity('audit')
export class AuditRow implements ChainedEntry {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @ApiProperty({ type: 'integer', description: '1, 2, 3 … in each organization.' })
  @PrimaryColumn('bigint', { transformer: positionColumn })
  seq!: number;

  @ApiProperty({ type: 'integer', description: 'Stream sequence of the event that says it.' })
  @Column('bigint', { transformer: positionColumn })
  position!: number;

  @ApiProperty({ format: 'date-time' })
  @Column('timestamptz', { transformer: timeColumn })
  time!: string;

  @ApiProperty()
  @Column('text')
  event_id!: string;

  @ApiProperty({ description: '`ActionRecorded` for a request over HTTP, else the event that it is.' })
  @Column('text')
  event_type!: string;

  @ApiProperty({ description: 'Who wrote the event: a service, or a platform team.' })
  @Column('text')
  source!: string;

  @ApiProperty({ description: 'member, api-key, device-claim or device; `stated` for whom an event names.' })
  @Column('text')
  actor_kind!: string;

  @ApiProperty()
  @Column('text')
  actor!: string;

  @ApiProperty({ type: [String] })
  @Column('jsonb')
  roles!: string[];

  @ApiProperty({ description: 'Method and route, or the name of the event.' })
  @Column('text')
  action!: string;

  @ApiProperty({ description: 'The path, or the lane of the event.' })
  @Column('text')
  resource!: string;

  @ApiProperty(nullable)
  @Column('text', { nullable: true })
  reason!: string | null;

  @ApiProperty({ enum: ['succeeded', 'denied', 'refused', 'failed'] })
  @Column('text')
  outcome!: ChainedEntry['outcome'];

  @ApiProperty({ type: 'integer', nullable: true, description: 'The HTTP status.' })
  @Column('integer', { nullable: true })
  status!: number | null;

  @ApiProperty(nullable)
  @Column('text', { nullable: true })
  code!: string | null;

  @ApiProperty(nullable)
  @Column('text', { nullable: true })
  ip!: string | null;

  @ApiProperty(nullable)
  @Column('text', { nullable: true })
  user_agent!: string | null;

  @ApiProperty({ ...nullable, description: 'The id under which the logs know the request.' })
  @Column('text', { nullable: true })
  request_id!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'So many like it were left out before it.' })
  @Column('integer', { nullable: true })
  suppressed!: number | null;

  @ApiProperty({ pattern: '^[0-9a-f]{64}$' })
  @Column('text')
  prev_hash!: string;

  @ApiProperty({ pattern: '^[0-9a-f]{64}$' })
  @Column('text')
  hash!: string;
}

/** The end of an organization's trail, so that one that is cut off there is noticed. */
@Entity('audit_head')
export class AuditHeadRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @Column('bigint', { transformer: positionColumn })
  seq!: number;

  @Column('text')
  hash!: string;

  /** Of the last event that is in the trail. */
  @Column('bigint', { transformer: positionColumn })
  position!: number;
}
