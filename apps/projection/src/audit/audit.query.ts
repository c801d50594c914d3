import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { AUDIT_OUTCOMES, IsText, IsTime, IsToken } from '@edgeflow/contracts';
import { PageAnswer, PageQuery } from '../query/page.js';
import { AuditRow } from './audit.row.js';

/** Query of `GET /query/v1/audit`: the newest line first, unless asked otherwise. */
export class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'desc' })
  @IsOptional()
  @IsIn(['asc', 'desc'])
  order: 'asc' | 'desc' = 'desc';

  @ApiPropertyOptional({ description: 'The subject of whoever acted.' })
  @IsOptional()
  @IsText(256)
  actor?: string;

  @ApiPropertyOptional({ description: 'Method and route, or the name of an event.' })
  @IsOptional()
  @IsText(256)
  action?: string;

  @ApiPropertyOptional({ enum: AUDIT_OUTCOMES })
  @IsOptional()
  @IsIn(AUDIT_OUTCOMES)
  outcome?: (typeof AUDIT_OUTCOMES)[number];

  @ApiPropertyOptional({ description: 'An error code.' })
  @IsOptional()
  @IsToken()
  code?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'From this time on.' })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @IsOptional()
  @IsTime()
  to?: string;
}

/** The order of the list. */
export class AuditKey {
  @IsInt() @Min(0) @Max(Number.MAX_SAFE_INTEGER) seq!: number;
}

/** A line as it is shown; its organization is the caller's. */
export class AuditLine extends OmitType(AuditRow, ['org']) {}

export class AuditAnswer extends PageAnswer {
  @ApiProperty({ type: [AuditLine] })
  items!: AuditLine[];
}

/** The end of the trail: keep it elsewhere, and a past that was written anew is found. */
export class AuditHeadAnswer {
  @ApiProperty({ type: 'integer', description: '0 for an empty trail.' }) seq!: number;
  @ApiProperty({ pattern: '^[0-9a-f]{64}$' }) hash!: string;
  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}

/** A row without what its reader knows. */
export function auditLine({ org: _, ...line }: AuditRow): AuditLine {
  return line;
}
