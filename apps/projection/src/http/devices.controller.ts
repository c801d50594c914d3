import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Raw, type FindOptionsWhere } from 'typeorm';
import { isDeviceId, given } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { IdParam, READING, Refuses } from '@edgeflow/service-host';
import { ReadModels, inOrderOf, known } from '../queries/read-models.js';
import { DeviceRow } from '../rows/device.row.js';
import { DeviceAnswer, DevicesAnswer, DevicesQuery, deviceOf } from './devices.dto.js';
import { ReadQuery } from './page.dto.js';

@ApiTags('devices')
@Controller('query/v1/devices')
@Refuses(...READING)
export class DevicesController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'List devices, ordered by device_id' })
  @ApiOkResponse({ type: DevicesAnswer })
  list(@CurrentCaller() { org }: Caller, @Query() query: DevicesQuery): Promise<DevicesAnswer> {
    const rows = inOrderOf('device_id', isDeviceId, { table: DeviceRow, where: whereOf(org, query) });
    return this.models.page(query, { ...rows, show: (devices) => devices.map(deviceOf) });
  }

  @Get(':device_id')
  @ApiOperation({ summary: 'One device' })
  @ApiOkResponse({ type: DeviceAnswer })
  @Refuses('device-unknown')
  one(
    @CurrentCaller() { org }: Caller,
    @IdParam('device_id', 'device-unknown') device_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<DeviceAnswer> {
    return this.models.read(after, async (tables, position) => {
      const row = await tables.findOneBy(DeviceRow, { org, device_id });
      return { ...deviceOf(known(row, 'device-unknown', { device_id, position })), position };
    });
  }
}

function whereOf(org: string, query: DevicesQuery): FindOptionsWhere<DeviceRow> {
  const { model, fleet, tag, ota_status, online, drifted, version: current_version, target_version } = query;
  return {
    ...{ org, ...given({ model, fleet, ota_status, current_version, target_version }) },
    ...(tag !== undefined && { device_id: tagged(org, tag) }),
    ...(online !== undefined && { online: online === 'true' }),
    ...(drifted !== undefined && { drifted: drifted === 'true' }),
  };
}

/** Devices with a tag, in whose table they stand in the order of their ids. */
function tagged(org: string, tag: string) {
  const of = 'SELECT device_id FROM device_tag WHERE org = :tag_org AND tag = :tag';
  return Raw((column) => `${column} IN (${of})`, { tag_org: org, tag });
}
