import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { IdParam, READING, Refuses } from '@edgeflow/service-host';
import { ReadModels } from '../queries/read-models.js';
import { timelineOf } from '../queries/timeline.select.js';
import { RolloutTimelineRow } from '../rows/rollout-timeline.row.js';
import { TimelineAnswer, TimelineQuery } from './timeline.dto.js';

@ApiTags('rollouts')
@Controller('query/v1/rollouts/:rollout_id/events')
@Refuses(...READING)
export class RolloutTimelineController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({
    summary: 'The events of one rollout and the requests aimed at it',
    description:
      'Lists of devices are counts here (`device_count`, `excluded_count`); the devices are a list of their own.',
  })
  @ApiOkResponse({ type: TimelineAnswer })
  @Refuses('rollout-unknown')
  list(
    @CurrentCaller() { org }: Caller,
    @IdParam('rollout_id', 'rollout-unknown') rollout_id: string,
    @Query() query: TimelineQuery,
  ): Promise<TimelineAnswer> {
    const refusal = ['rollout-unknown', { rollout_id }] as const;
    return this.models.page(query, timelineOf(RolloutTimelineRow, { org, rollout_id }, query, refusal));
  }
}
