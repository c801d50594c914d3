import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { positionColumn, timeColumn } from '@edgeflow/fold';

/** `open`: nothing was decided yet. `refused`: the answer is a refusal, with its code. `set_aside`: nobody could read it. */
export const REQUEST_STATES = ['open', 'answered', 'refused', 'set_aside'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** The newest event that answers a request, with the ids that lead on from there. */
export class RequestAnswerEvent {
  @ApiProperty({ example: 'UpdateQueued' }) type!: string;
  @ApiProperty({ type: 'integer', description: 'Stream sequence of the event.' }) position!: number;
  @ApiProperty({ format: 'date-time' }) time!: string;
  @ApiPropertyOptional() device_id?: string;
  @ApiPropertyOptional() update_id?: string;
  @ApiPropertyOptional() rollout_id?: string;
  @ApiPropertyOptional() version?: string;
  @ApiPropertyOptional() fleet?: string;
}

/** A request, whoever sent it and however, and what became of it. */
@Entity('request')
export class RequestRow {
  @PrimaryColumn('text', { collation: 'C' })
  org!: string;

  @ApiProperty({ example: 'req_8a41' })
  @PrimaryColumn('text', { collation: 'C' })
  request_id!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'UpdateRequested',
    description: 'Null when the sender named none.',
  })
  @Column('text', { nullable: true })
  type!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Who sent it: this service’s HTTP, or what a team says.' })
  @Column('text', { nullable: true })
  source!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The subject of the caller’s token, or what a team says.' })
  @Column('text', { nullable: true })
  requested_by!: string | null;

  @ApiProperty({ enum: REQUEST_STATES })
  @Column('text')
  state!: RequestState;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it was refused or set aside, or no update was needed.',
  })
  @Column('text', { nullable: true })
  code!: string | null;

  @ApiProperty({ type: String, nullable: true })
  @Column('text', { nullable: true })
  detail!: string | null;

  @ApiProperty({ type: RequestAnswerEvent, nullable: true })
  @Column('jsonb', { nullable: true })
  answer!: RequestAnswerEvent | null;

  @ApiProperty({ format: 'date-time', description: 'When it was sent; of one that was refused unread, when that was.' })
  @Column('timestamptz', { transformer: timeColumn })
  requested_at!: string;

  /** False when it was refused before it came into the log. */
  @Column('boolean')
  stored!: boolean;

  @Column('bigint', { transformer: positionColumn })
  position!: number;
}
