import { ApiProperty } from '@nestjs/swagger';
import { eventClasses, type EventName } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';
import { PageAnswer, PageQuery } from './page.dto.js';
import type { TimelineEvent } from '../rows/timeline.row.js';

const EVENT_NAMES = Object.keys(eventClasses);

/** Query of `GET /query/v1/devices/{id}/events` and of `/rollouts/{id}/events`: in the order of the log. */
export class TimelineQuery extends PageQuery {
  @Optional({ enum: ['asc', 'desc'], default: 'asc', description: '`desc`: the newest first.' })
  order: 'asc' | 'desc' = 'asc';

  @Optional({ enum: EVENT_NAMES }) type?: EventName;
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

  @ApiProperty({
    description:
      'Who wrote it, a service; of a request, who sent it: the source of a team’s event, or `http:` and the caller.',
  })
  source!: string;

  @ApiProperty({ description: 'The id of the first event of the chain.' })
  correlation_id!: string;

  @ApiProperty({ type: String, nullable: true, description: 'The id of the event that directly led to this one.' })
  causation_id!: string | null;
}

export class TimelineAnswer extends PageAnswer {
  @ApiProperty({ type: [TimelineItem] })
  items!: TimelineItem[];
}

/** A row without what is internal. */
export function timelineItem(row: TimelineEvent): TimelineItem {
  const { position, event_id, type, time, data, source, correlation_id, causation_id } = row;
  return { position, id: event_id, type, time, data, source, correlation_id, causation_id };
}
