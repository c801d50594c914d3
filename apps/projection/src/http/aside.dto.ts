import { ApiProperty } from '@nestjs/swagger';
import type { DeadLetterRow } from '@edgeflow/fold';
import { Optional } from '@edgeflow/service-host';
import { PageAnswer, PageQuery } from './page.dto.js';

/** Query of `GET /query/v1/events/aside`: the newest first, unless asked otherwise. */
export class AsideQuery extends PageQuery {
  @Optional({ enum: ['asc', 'desc'], default: 'desc' }) order: 'asc' | 'desc' = 'desc';

  @Optional({ enum: ['true', 'false'], description: '`false`: those that somebody still has to look at.' })
  acknowledged?: 'true' | 'false';
}

/** An event that was set aside. What is in it is not shown: it could not be read. */
export class AsideItem {
  @ApiProperty({ type: 'integer', description: 'Stream sequence.' }) position!: number;
  @ApiProperty({ example: 'ota.acme.update.dev_abc123.UpdateDispatched' }) subject!: string;
  @ApiProperty({ example: 'update' }) entity!: string;
  @ApiProperty({ example: 'dev_abc123' }) entity_id!: string;
  @ApiProperty({ example: 'UpdateDispatched' }) type!: string;
  @ApiProperty({ description: 'Why: an error code, or `handler-failed`.', example: 'event-invalid' }) code!: string;
  @ApiProperty({ example: 'version 2 of UpdateDispatched is not known' }) reason!: string;
  @ApiProperty({ format: 'date-time' }) time!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) acknowledged_at!: string | null;
  @ApiProperty({ type: String, nullable: true }) acknowledged_by!: string | null;
}

export class AsideAnswer extends PageAnswer {
  @ApiProperty({ type: [AsideItem] })
  items!: AsideItem[];
}

/** A row without what its reader knows. */
export function asideItem({ org: _, ...item }: DeadLetterRow): AsideItem {
  return item;
}
