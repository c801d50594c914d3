import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { IsNull, LessThan, MoreThan, Not, type FindOptionsWhere } from 'typeorm';
import { SetAsideRow } from '@edgeflow/fold';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { decodeCursor } from '../query/cursor.js';
import { pageOf } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { AsideAnswer, AsideKey, AsideQuery, asideItem } from './aside.query.js';

@ApiTags('events')
@Controller('query/v1/events/aside')
@Roles('admin', 'operator')
export class AsideController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({
    summary: 'The events of the organization that were set aside since they could not be read or folded',
    description:
      'The read models went on without them. `POST /orchestrator/v1/events/aside/{position}/acknowledge` says that somebody has looked.',
  })
  @ApiOkResponse({ type: AsideAnswer })
  async list(@CurrentCaller() { org }: Caller, @Query() query: AsideQuery): Promise<AsideAnswer> {
    const where = whereOf(org, query);
    const { found, position } = await this.models.read(query.after, (tables) =>
      tables.find(SetAsideRow, { where, order: { position: query.order }, take: query.limit + 1 }),
    );
    const { rows, next_cursor } = pageOf(found, query.limit, (row) => ({ position: row.position }));
    return { items: rows.map(asideItem), next_cursor, position };
  }
}

/** @throws Refused `invalid-request` for a bad cursor */
function whereOf(org: string, { cursor, order, acknowledged }: AsideQuery): FindOptionsWhere<SetAsideRow> {
  const beyond = order === 'asc' ? MoreThan : LessThan;
  return {
    org,
    ...(acknowledged !== undefined && { acknowledged_at: acknowledged === 'true' ? Not(IsNull()) : IsNull() }),
    ...(cursor !== undefined && { position: beyond(decodeCursor(AsideKey, cursor).position) }),
  };
}
