import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { LessThan, MoreThan, type FindOptionsWhere } from 'typeorm';
import { eventClasses, type EventName } from '@edgeflow/contracts';
import { decodeCursor } from '../query/cursor.js';
import { PageAnswer, PageQuery, pageOf } from '../query/page.js';
import type { TimelineEvent } from './timeline.row.js';

const EVENT_NAMES = Object.keys(eventClasses);

/** Query of `GET /query/v1/devices/{id}/events` and of `/rollouts/{id}/events`: in the order of the log. */
export class TimelineQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'asc', description: '`desc`: the newest first.' })
  @IsOptional()
  @IsIn(['asc', 'desc'])
  order: 'asc' | 'desc' = 'asc';

  @ApiPropertyOptional({ enum: EVENT_NAMES })
  @IsOptional()
  @IsIn(EVENT_NAMES)
  type?: EventName;
}

/** The order of the list. */
export class TimelineKey {
  @IsInt() @Min(0) @Max(Number.MAX_SAFE_INTEGER) position!: number;
}

/** One event. */
export class TimelineItem {
  @ApiProperty({ type: 'integer', description: 'Stream sequence.' })
  position!: number;

  @ApiProperty()
  id!: string;

  @ApiProperty({ enum: EVENT_NAMES })
  type!: EventName;

  @ApiProperty({ format: 'date-time' })
  time!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'As the event catalogue says for the type.' })
  data!: object;

  @ApiProperty({ description: 'The id of the first event of the chain.' })
  correlation_id!: string;

  @ApiProperty({ type: String, nullable: true, description: 'The id of the event that directly led to this one.' })
  causation_id!: string | null;
}

export class TimelineAnswer extends PageAnswer {
  @ApiProperty({ type: [TimelineItem] })
  items!: TimelineItem[];
}

/** What the filter and the cursor ask of a row. @throws Refused `invalid-request` for a bad cursor */
export function timelineWhere({
  cursor,
  order,
  type,
}: TimelineQuery): Pick<FindOptionsWhere<TimelineEvent>, 'type' | 'position'> {
  const beyond = order === 'asc' ? MoreThan : LessThan;
  return {
    ...(type !== undefined && { type }),
    ...(cursor !== undefined && { position: beyond(decodeCursor(TimelineKey, cursor).position) }),
  };
}

/** A row without what is internal. */
export function timelineItem(row: TimelineEvent): TimelineItem {
  const { position, event_id, type, time, data, correlation_id, causation_id } = row;
  return { position, id: event_id, type, time, data, correlation_id, causation_id };
}

/** A page of a timeline, of rows that were read with one more than its limit. */
export function timelineAnswer(
  found: readonly TimelineEvent[],
  { limit }: TimelineQuery,
  position: number,
): TimelineAnswer {
  const { rows, next_cursor } = pageOf(found, limit, (row) => ({ position: row.position }));
  return { items: rows.map(timelineItem), next_cursor, position };
}
