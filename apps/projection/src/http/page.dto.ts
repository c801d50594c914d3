import { ApiProperty } from '@nestjs/swagger';
import { IsText } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';
import { IsWholeNumber } from './whole-number.js';

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;

/** What every query takes. */
export class ReadQuery {
  @Optional({
    type: 'integer',
    minimum: 0,
    description: 'Read your writes: the answer waits, 5 seconds at most, until the read model has this position.',
  })
  @IsWholeNumber(0)
  after?: number;
}

/** What every list takes. */
export class PageQuery extends ReadQuery {
  @Optional({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  @IsWholeNumber(1, MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  @Optional({ description: 'The `next_cursor` of the page before.' }) @IsText(512) cursor?: string;
}

/** The members of every list beside its items. */
export class PageAnswer {
  @ApiProperty({ type: String, nullable: true, description: 'Null on the last page.' })
  next_cursor!: string | null;

  @ApiProperty({ type: 'integer', description: 'Stream sequence that the answer has seen, at least.' })
  position!: number;
}
