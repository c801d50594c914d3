import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation, ApiProperty, ApiTags, OmitType } from '@nestjs/swagger';
import { Refused, isToken } from '@edgeflow/contracts';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { ReadQuery } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { RequestRow } from './request.row.js';

/** Answer of `GET /query/v1/requests/{request_id}`. */
export class RequestAnswer extends OmitType(RequestRow, ['org', 'stored', 'position']) {
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}

@ApiTags('requests')
@Controller('query/v1/requests')
export class RequestsController {
  constructor(private readonly models: ReadModels) {}

  @Get(':request_id')
  @ApiOperation({
    summary: 'What became of one request, by HTTP or by NATS',
    description: 'A request that was refused since there were too many is not here: it was told so on NATS.',
  })
  @ApiOkResponse({ type: RequestAnswer })
  @ApiNotFoundResponse({ description: '`request-unknown`' })
  async one(
    @CurrentCaller() { org }: Caller,
    @Param('request_id') request_id: string,
    @Query() { after }: ReadQuery,
  ): Promise<RequestAnswer> {
    // What cannot be an id never gets into a query.
    if (!isToken(request_id)) throw new Refused('request-unknown');
    const { found, position } = await this.models.read(after, (tables) =>
      tables.findOneBy(RequestRow, { org, request_id }),
    );
    if (!found) throw new Refused('request-unknown', undefined, { request_id, position });
    const { org: _org, stored: _stored, ...request } = found;
    return { ...request, position };
  }
}
