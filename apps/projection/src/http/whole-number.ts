import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

const DIGITS = /^\d{1,16}$/;

/** A whole number in a query string, digits only: `1e3`, `0x10`, blanks and signs are refused. */
export const IsWholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (DIGITS.test(value) ? Number(value) : Number.NaN) : value,
    ),
    IsInt(),
    Min(min),
    Max(max),
  );
