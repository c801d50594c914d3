import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { CurrentCaller, type Caller } from '@edgeflow/identity';
import { decodeCursor } from '../query/cursor.js';
import { pageOf } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { FirmwareAnswer, FirmwareKey, FirmwareQuery, firmwareKey, firmwareOf } from './firmware.query.js';
import { FirmwareRow } from './firmware.row.js';

@ApiTags('firmware')
@Controller('query/v1/firmware')
export class FirmwareController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'List firmware, the newest first' })
  @ApiOkResponse({ type: FirmwareAnswer })
  async list(@CurrentCaller() { org }: Caller, @Query() query: FirmwareQuery): Promise<FirmwareAnswer> {
    const before = query.cursor === undefined ? undefined : decodeCursor(FirmwareKey, query.cursor);
    const { found, position } = await this.models.read(query.after, (tables) => select(tables, org, query, before));
    const { rows, next_cursor } = pageOf(found, query.limit, firmwareKey);
    return { items: rows.map(firmwareOf), next_cursor, position };
  }
}

function select(
  tables: EntityManager,
  org: string,
  { model, version, revoked, limit }: FirmwareQuery,
  before: FirmwareKey | undefined,
): Promise<FirmwareRow[]> {
  const query = tables.createQueryBuilder(FirmwareRow, 'fw').where('fw.org = :org', { org });
  if (model !== undefined) query.andWhere('fw.model = :model', { model });
  if (version !== undefined) query.andWhere('fw.version = :version', { version });
  if (revoked !== undefined) query.andWhere('fw.revoked = :revoked', { revoked: revoked === 'true' });
  if (before) {
    const { uploaded_ms, firmware_id } = before;
    const uploaded_at = new Date(uploaded_ms).toISOString();
    query.andWhere('(fw.uploaded_at, fw.firmware_id) < (:uploaded_at, :firmware_id)', { uploaded_at, firmware_id });
  }
  return query
    .orderBy('fw.uploaded_at', 'DESC')
    .addOrderBy('fw.firmware_id', 'DESC')
    .limit(limit + 1)
    .getMany();
}
