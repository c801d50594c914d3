import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Raw, type FindOptionsWhere } from 'typeorm';
import { emptyHead } from '@edgeflow/audit';
import { given } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { READING, Refuses } from '@edgeflow/service-host';
import { isPosition } from '../queries/cursor.js';
import { ReadModels, inOrderOf } from '../queries/read-models.js';
import { AuditHeadRow, AuditRow } from '../rows/audit.row.js';
import { AuditAnswer, AuditHeadAnswer, AuditQuery, auditLine } from './audit.dto.js';
import { ReadQuery } from './page.dto.js';

@ApiTags('audit')
@Controller('query/v1/audit')
@Roles('admin', 'auditor')
@Refuses(...READING)
export class AuditController {
  constructor(private readonly models: ReadModels) {}

  @Get()
  @ApiOperation({ summary: 'Who did what, from where, why, and with which outcome' })
  @ApiOkResponse({ type: AuditAnswer })
  list(@CurrentCaller() { org }: Caller, @Query() query: AuditQuery): Promise<AuditAnswer> {
    const rows = inOrderOf('seq', isPosition, { table: AuditRow, where: whereOf(org, query), order: query.order });
    return this.models.page(query, { ...rows, show: (lines) => lines.map(auditLine) });
  }

  @Get('head')
  @ApiOperation({ summary: 'The end of the audit trail, to be kept elsewhere' })
  @ApiOkResponse({ type: AuditHeadAnswer })
  head(@CurrentCaller() { org }: Caller, @Query() { after }: ReadQuery): Promise<AuditHeadAnswer> {
    return this.models.read(after, async (tables, position) => {
      const { seq, hash } = (await tables.findOneBy(AuditHeadRow, { org })) ?? emptyHead(org);
      return { seq, hash, position };
    });
  }
}

function whereOf(org: string, { actor, action, outcome, code, from, to }: AuditQuery): FindOptionsWhere<AuditRow> {
  const isBounded = from !== undefined || to !== undefined;
  return { org, ...given({ actor, action, outcome, code, time: isBounded ? between(from, to) : undefined }) };
}

function between(from = '-infinity', to = 'infinity') {
  return Raw((column) => `${column} >= :from AND ${column} < :to`, { from, to });
}
