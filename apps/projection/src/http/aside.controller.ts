import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { IsNull, Not } from 'typeorm';
import { DeadLetterRow } from '@edgeflow/fold';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses } from '@edgeflow/service-host';
import { isPosition } from '../queries/cursor.js';
import { ReadModels, inOrderOf } from '../queries/read-models.js';
import { AsideAnswer, AsideQuery, asideItem } from './aside.dto.js';

@ApiTags('events')
@Controller('query/v1/events/aside')
@Roles('admin', 'operator')
@Refuses(...READING)
export class AsideController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({
    summary: 'The events of the organization that were set aside since they could not be read or folded',
    description:
      'The read models went on without them. `POST /orchestrator/v1/events/aside/{position}/acknowledge` says that somebody has looked.',
  })
  @ApiOkResponse({ type: AsideAnswer })
  list(@CurrentCaller() { org }: Caller, @Query() query: AsideQuery): Promise<AsideAnswer> {
    const { order, acknowledged } = query;
    const seen = acknowledged && { acknowledged_at: acknowledged === 'true' ? Not(IsNull()) : IsNull() };
    const rows = inOrderOf('position', isPosition, { table: DeadLetterRow, where: { org, ...seen }, order });
    return this.models.page(query, { ...rows, show: (events) => events.map(asideItem) });
  }
}
