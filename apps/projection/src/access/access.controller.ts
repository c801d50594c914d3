import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { MoreThan } from 'typeorm';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { decodeCursor } from '../query/cursor.js';
import { PageQuery, pageOf } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { ApiKeyKey, ApiKeysAnswer, ClaimKey, ClaimsAnswer, shown } from './access.query.js';
import { ApiKeyRow } from './api-key.row.js';
import { ClaimRow } from './claim.row.js';

@ApiTags('access')
@Controller('query/v1')
@Roles('admin', 'auditor')
export class AccessController {
  constructor(private readonly models: ReadModels) {}

  @Get('api-keys')
  @ApiOperation({ summary: 'The API keys of the organization, and when each was used last' })
  @ApiOkResponse({ type: ApiKeysAnswer })
  async apiKeys(@CurrentCaller() { org }: Caller, @Query() query: PageQuery): Promise<ApiKeysAnswer> {
    const { cursor, limit } = query;
    const beyond = cursor === undefined ? {} : { key_id: MoreThan(decodeCursor(ApiKeyKey, cursor).key_id) };
    const { found, position } = await this.models.read(query.after, (tables) =>
      tables.find(ApiKeyRow, { where: { org, ...beyond }, order: { key_id: 'asc' }, take: limit + 1 }),
    );
    const { rows, next_cursor } = pageOf(found, limit, ({ key_id }) => ({ key_id }));
    return { items: rows.map(shown), next_cursor, position };
  }

  @Get('claims')
  @ApiOperation({ summary: 'The claim tokens of the organization, and how often each was used' })
  @ApiOkResponse({ type: ClaimsAnswer })
  async claims(@CurrentCaller() { org }: Caller, @Query() query: PageQuery): Promise<ClaimsAnswer> {
    const { cursor, limit } = query;
    const beyond = cursor === undefined ? {} : { claim_id: MoreThan(decodeCursor(ClaimKey, cursor).claim_id) };
    const { found, position } = await this.models.read(query.after, (tables) =>
      tables.find(ClaimRow, { where: { org, ...beyond }, order: { claim_id: 'asc' }, take: limit + 1 }),
    );
    const { rows, next_cursor } = pageOf(found, limit, ({ claim_id }) => ({ claim_id }));
    return { items: rows.map(shown), next_cursor, position };
  }
}
