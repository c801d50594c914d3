import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsText } from '@edgeflow/contracts';
import { encodeCursor } from './cursor.js';
import { IsWholeNumber } from './whole-number.js';

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;

/** What every query takes. */
export class ReadQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description: 'Read your writes: the answer waits, 5 seconds at most, until the read model has this position.',
  })
  @IsOptional()
  @IsWholeNumber(0)
  after?: number;
}

/** What every list takes. */
export class PageQuery extends ReadQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  @IsOptional()
  @IsWholeNumber(1, MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ description: 'The `next_cursor` of the page before.' })
  @IsOptional()
  @IsText(512)
  cursor?: string;
}

/** The members of every list beside its items. */
export class PageAnswer {
  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.' })
  next_cursor!: string | null;

  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}

/**
 * Cuts a page out of rows that were read with `limit + 1`: the one too many says that there is a next page.
 * @param keyOf the fields by which the list is ordered
 */
export function pageOf<R>(
  rows: readonly R[],
  limit: number,
  keyOf: (row: R) => object,
): { rows: readonly R[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next_cursor: last && rows.length > limit ? encodeCursor(keyOf(last)) : null };
}
