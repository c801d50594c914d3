import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Column, Entity } from 'typeorm';
import { Id, MaybeText, Org, Position, Text, Time } from './columns.js';

/** `open`: nothing was decided yet. `refused`: the answer is a refusal, with its code. `set_aside`: nobody could read it. */
const REQUEST_STATES = ['open', 'answered', 'refused', 'set_aside'] as const;
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
  @Org() org!: string;
  @Id({ example: 'req_8a41' }) request_id!: string;
  @MaybeText({ example: 'UpdateRequested', description: 'Null when the sender named none.' }) type!: string | null;
  @MaybeText('Who sent it: the source of a team’s event, or `http:` and the caller.') source!: string | null;
  @MaybeText('The subject of the caller’s token, or what a team says.') requested_by!: string | null;
  @Text({ enum: REQUEST_STATES }) state!: RequestState;
  @MaybeText('Why it was refused or set aside, or no update was needed.') code!: string | null;
  @MaybeText() detail!: string | null;

  @ApiProperty({ type: RequestAnswerEvent, nullable: true })
  @Column('jsonb', { nullable: true })
  answer!: RequestAnswerEvent | null;

  @Time('When it was sent; of one that was refused unread, when that was.') requested_at!: string;

  /** False when it was refused before it came into the log. */
  @Column('boolean')
  stored!: boolean;

  @Position() position!: number;
}
