import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { IdParam, READING, Refuses } from '@edgeflow/service-host';
import { ReadModels, known } from '../queries/read-models.js';
import { RequestRow } from '../rows/request.row.js';
import { ReadQuery } from './page.dto.js';
import { RequestAnswer, requestOf } from './requests.dto.js';

@ApiTags('requests')
@Controller('query/v1/requests')
@Refuses(...READING)
export class RequestsController {
  constructor(private readonly models: ReadModels) {}

  @Get(':request_id')
  @ApiOperation({
    summary: 'What became of one request, by HTTP or by NATS',
    description: 'A request that was refused since there were too many is not here: it was told so on NATS.',
  })
  @ApiOkResponse({ type: RequestAnswer })
  @Refuses('request-unknown')
  one(
    @CurrentCaller() { org }: Caller,
    @IdParam('request_id', 'request-unknown') request_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<RequestAnswer> {
    return this.models.read(after, async (tables, position) => {
      const row = await tables.findOneBy(RequestRow, { org, request_id });
      return requestOf(known(row, 'request-unknown', { request_id, position }), position);
    });
  }
}
