import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { ReadModels } from '../query/read-models.js';
import { TimelineAnswer, TimelineQuery, timelineAnswer, timelineWhere } from '../timeline/timeline.query.js';
import { RolloutIdPipe } from './rollout-id.pipe.js';
import { RolloutTimelineRow } from './rollout-timeline.row.js';

@ApiTags('rollouts')
@Controller('query/v1/rollouts/:rollout_id/events')
export class RolloutTimelineController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({
    summary: 'The events of one rollout and the requests aimed at it',
    description:
      'Lists of devices are counts here (`device_count`, `excluded_count`); the devices are a list of their own.',
  })
  @ApiOkResponse({ type: TimelineAnswer })
  @ApiNotFoundResponse({ description: '`rollout-unknown`: nothing was ever said of such a rollout' })
  async list(
    @CurrentCaller() { org }: Caller,
    @Param('rollout_id', RolloutIdPipe) rollout_id: string,
    @Query() query: TimelineQuery,
  ): Promise<TimelineAnswer> {
    const where = { org, rollout_id, ...timelineWhere(query) };
    const { found, position } = await this.models.read(query.after, async (tables) => {
      const rows = await tables.find(RolloutTimelineRow, {
        where,
        order: { position: query.order },
        take: query.limit + 1,
      });
      const known = rows.length > 0 || (await tables.existsBy(RolloutTimelineRow, { org, rollout_id }));
      return known ? rows : undefined;
    });
    if (!found) throw new Refused('rollout-unknown', undefined, { rollout_id, position });
    return timelineAnswer(found, query, position);
  }
}
