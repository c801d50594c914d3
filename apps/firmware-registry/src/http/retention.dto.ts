import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min, ValidateIf } from 'class-validator';
import { IsText, KEEP_LAST_MAX } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

const KEEP_LAST = { type: 'integer', minimum: 1, maximum: KEEP_LAST_MAX, nullable: true } as const;

/** Body of `PUT /registry/v1/retention`. */
export class RetentionBody {
  @ApiProperty(KEEP_LAST)
  @ValidateIf((_, value) => value !== null)
  @IsInt()
  @Min(1)
  @Max(KEEP_LAST_MAX)
  keep_last!: number | null;

  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

/** What the organization keeps. */
export class RetentionAnswer {
  @ApiProperty(KEEP_LAST) keep_last!: number | null;
  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
}
