import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { IdParam, READING, Refuses } from '@edgeflow/service-host';
import { ReadModels } from '../queries/read-models.js';
import { timelineOf } from '../queries/timeline.select.js';
import { TimelineRow } from '../rows/timeline.row.js';
import { TimelineAnswer, TimelineQuery } from './timeline.dto.js';

@ApiTags('devices')
@Controller('query/v1/devices/:device_id/events')
@Refuses(...READING)
export class TimelineController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'The events of one device and the requests aimed at it' })
  @ApiOkResponse({ type: TimelineAnswer })
  @Refuses('device-unknown')
  list(
    @CurrentCaller() { org }: Caller,
    @IdParam('device_id', 'device-unknown') device_id: string,
    @Query() query: TimelineQuery,
  ): Promise<TimelineAnswer> {
    const refusal = ['device-unknown', { device_id }] as const;
    return this.models.page(query, timelineOf(TimelineRow, { org, device_id }, query, refusal));
  }
}
