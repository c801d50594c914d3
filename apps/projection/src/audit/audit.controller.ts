import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LessThan, MoreThan, Raw, type EntityManager, type FindOptionsWhere } from 'typeorm';
import { emptyHead } from '@edgeflow/audit';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { decodeCursor } from '../query/cursor.js';
import { pageOf, ReadQuery } from '../query/page.js';
import { ReadModels } from '../query/read-models.js';
import { AuditAnswer, AuditHeadAnswer, AuditKey, AuditQuery, auditLine } from './audit.query.js';
import { AuditHeadRow, AuditRow } from './audit.row.js';

@ApiTags('audit')
@Controller('query/v1/audit')
@Roles('admin', 'auditor')
export class AuditController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, from where, why, and with which outcome' })
  @ApiOkResponse({ type: AuditAnswer })
  async list(@CurrentCaller() { org }: Caller, @Query() query: AuditQuery): Promise<AuditAnswer> {
    const where = whereOf(org, query);
    const { found, position } = await this.models.read(query.after, (tables) =>
      tables.find(AuditRow, { where, order: { seq: query.order }, take: query.limit + 1 }),
    );
    const { rows, next_cursor } = pageOf(found, query.limit, ({ seq }) => ({ seq }));
    return { items: rows.map(auditLine), next_cursor, position };
  }

  @Get('head')
  @ApiOperation({ summary: 'The end of the audit trail, to be kept elsewhere' })
  @ApiOkResponse({ type: AuditHeadAnswer })
  async head(@CurrentCaller() { org }: Caller, @Query() { after }: ReadQuery): Promise<AuditHeadAnswer> {
    const { found, position } = await this.models.read(after, (tables: EntityManager) =>
      tables.findOneBy(AuditHeadRow, { org }),
    );
    const { seq, hash } = found ?? emptyHead(org);
    return { seq, hash, position };
  }
}

/** @throws Refused `invalid-request` for a bad cursor */
function whereOf(org: string, query: AuditQuery): FindOptionsWhere<AuditRow> {
  const { cursor, order, actor, action, outcome, code, from, to } = query;
  const beyond = order === 'asc' ? MoreThan : LessThan;
  return {
    org,
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(outcome !== undefined && { outcome }),
    ...(code !== undefined && { code }),
    ...(cursor !== undefined && { seq: beyond(decodeCursor(AuditKey, cursor).seq) }),
    ...((from !== undefined || to !== undefined) && { time: between(from, to) }),
  };
}

function between(from = '-infinity', to = 'infinity') {
  return Raw((column) => `${column} >= :from AND ${column} < :to`, { from, to });
}
