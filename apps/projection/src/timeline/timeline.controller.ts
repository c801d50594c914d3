import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { DeviceIdPipe } from '../devices/device-id.pipe.js';
import { ReadModels } from '../query/read-models.js';
import { TimelineAnswer, TimelineQuery, timelineAnswer, timelineWhere } from './timeline.query.js';
import { TimelineRow } from './timeline.row.js';

@ApiTags('devices')
@Controller('query/v1/devices/:device_id/events')
export class TimelineController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'The events of one device and the requests aimed at it' })
  @ApiOkResponse({ type: TimelineAnswer })
  @ApiNotFoundResponse({ description: '`device-unknown`: nothing was ever said of such a device' })
  async list(
    @CurrentCaller() { org }: Caller,
    @Param('device_id', DeviceIdPipe) device_id: string,
    @Query() query: TimelineQuery,
  ): Promise<TimelineAnswer> {
    const where = { org, device_id, ...timelineWhere(query) };
    const { found, position } = await this.models.read(query.after, async (tables) => {
      const order = { position: query.order };
      const rows = await tables.find(TimelineRow, { where, order, take: query.limit + 1 });
      const known = rows.length > 0 || (await tables.existsBy(TimelineRow, { org, device_id }));
      return known ? rows : undefined;
    });
    if (!found) throw new Refused('device-unknown', undefined, { device_id, position });
    return timelineAnswer(found, query, position);
  }
}
