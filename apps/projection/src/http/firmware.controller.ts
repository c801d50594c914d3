import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { READING, Refuses } from '@edgeflow/service-host';
import { newestFirmware } from '../queries/firmware.select.js';
import { ReadModels } from '../queries/read-models.js';
import { FirmwareAnswer, FirmwareQuery, firmwareOf } from './firmware.dto.js';

@ApiTags('firmware')
@Controller('query/v1/firmware')
@Refuses(...READING)
export class FirmwareController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'List firmware, the newest first' })
  @ApiOkResponse({ type: FirmwareAnswer })
  list(@CurrentCaller() { org }: Caller, @Query() query: FirmwareQuery): Promise<FirmwareAnswer> {
    return this.models.page(query, { ...newestFirmware(org, query), show: (rows) => rows.map(firmwareOf) });
  }
}
