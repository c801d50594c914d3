import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isToken } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses } from '@edgeflow/service-host';
import { ReadModels, inOrderOf } from '../queries/read-models.js';
import { ApiKeyRow } from '../rows/api-key.row.js';
import { ClaimRow } from '../rows/claim.row.js';
import { ApiKeysAnswer, ClaimsAnswer, shown } from './access.dto.js';
import { PageQuery } from './page.dto.js';

@ApiTags('access')
@Controller('query/v1')
@Roles('admin', 'auditor')
@Refuses(...READING)
export class AccessController {
  constructor(private readonly models: ReadModels) {}

  @Get('api-keys')
  @ApiOperation({ summary: 'The API keys of the organization, and when each was used last' })
  @ApiOkResponse({ type: ApiKeysAnswer })
  apiKeys(@CurrentCaller() { org }: Caller, @Query() query: PageQuery): Promise<ApiKeysAnswer> {
    const rows = inOrderOf('key_id', isToken, { table: ApiKeyRow, where: { org } });
    return this.models.page(query, { ...rows, show: (keys) => keys.map(shown) });
  }

  @Get('claims')
  @ApiOperation({ summary: 'The claim tokens of the organization, and how often each was used' })
  @ApiOkResponse({ type: ClaimsAnswer })
  claims(@CurrentCaller() { org }: Caller, @Query() query: PageQuery): Promise<ClaimsAnswer> {
    const rows = inOrderOf('claim_id', isToken, { table: ClaimRow, where: { org } });
    return this.models.page(query, { ...rows, show: (claims) => claims.map(shown) });
  }
}
