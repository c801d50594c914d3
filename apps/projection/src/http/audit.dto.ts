import { ApiProperty, OmitType } from '@nestjs/swagger';
import { AUDIT_OUTCOMES, IsText, IsTime, IsToken } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';
import { PageAnswer, PageQuery } from './page.dto.js';
import { AuditRow } from '../rows/audit.row.js';

/** Query of `GET /query/v1/audit`: the newest line first, unless asked otherwise. */
export class AuditQuery extends PageQuery {
  @Optional({ enum: ['asc', 'desc'], default: 'desc' }) order: 'asc' | 'desc' = 'desc';
  @Optional({ description: 'The subject of whoever acted.' }) @IsText(256) actor?: string;
  @Optional({ description: 'Method and route, or the name of an event.' }) @IsText(256) action?: string;
  @Optional({ enum: AUDIT_OUTCOMES }) outcome?: (typeof AUDIT_OUTCOMES)[number];
  @Optional({ description: 'An error code.' }) @IsToken() code?: string;
  @Optional({ format: 'date-time', description: 'From this time on.' }) @IsTime() from?: string;
  @Optional({ format: 'date-time', description: 'Before this time.' }) @IsTime() to?: string;
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
