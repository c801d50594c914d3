import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { ReadQuery, pageOf } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { DeviceIdPipe } from './device-id.pipe.js';
import { DeviceRow } from './device.row.js';
import { DeviceAnswer, DevicesAnswer, DevicesQuery, deviceOf, whereOf } from './devices.query.js';

@ApiTags('devices')
@Controller('query/v1/devices')
export class DevicesController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'List devices, ordered by device_id' })
  @ApiOkResponse({ type: DevicesAnswer })
  async list(@CurrentCaller() { org }: Caller, @Query() query: DevicesQuery): Promise<DevicesAnswer> {
    const where = whereOf(org, query);
    const { found, position } = await this.models.read(query.after, (tables) =>
      tables.find(DeviceRow, { where, order: { device_id: 'ASC' }, take: query.limit + 1 }),
    );
    const { rows, next_cursor } = pageOf(found, query.limit, ({ device_id }) => ({ device_id }));
    return { items: rows.map(deviceOf), next_cursor, position };
  }

  @Get(':device_id')
  @ApiOperation({ summary: 'One device' })
  @ApiOkResponse({ type: DeviceAnswer })
  @ApiNotFoundResponse({ description: '`device-unknown`' })
  async one(
    @CurrentCaller() { org }: Caller,
    @Param('device_id', DeviceIdPipe) device_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<DeviceAnswer> {
    const { found, position } = await this.models.read(after, (tables) =>
      tables.findOneBy(DeviceRow, { org, device_id }),
    );
    if (!found) throw new Refused('device-unknown', undefined, { device_id, position });
    return { ...deviceOf(found), position };
  }
}
