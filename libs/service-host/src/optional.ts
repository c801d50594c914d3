import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsIn, IsOptional, ValidateBy, ValidateIf } from 'class-validator';

/** What class-validator calls it when a member is null that has no null. */
export const NULL = 'isNotNull';

/**
 * Not null: who sends it for a member that has no null meant to leave it out, or has lost what was to stand there. A filter without its
 * fleet, or a rollout without its gate, would be another one than was meant.
 */
const IsNotNull = (): PropertyDecorator =>
  ValidateBy({
    name: NULL,
    validator: {
      validate: (value) => value !== null,
      defaultMessage: (args) => `${args?.property} must not be null: leave it out`,
    },
  });

/**
 * A member of a body or a parameter of a query that may be left out: the API description says so, and the pipe lets it be. With an `enum` it is
 * one of those. Null is refused, unless it is `nullable`: then it has a meaning of its own, and goes through.
 */
export function Optional(about: ApiPropertyOptions = {}): PropertyDecorator {
  const words = 'enum' in about && Array.isArray(about.enum) ? [IsIn(about.enum)] : [];
  const absent =
    'nullable' in about && about.nullable === true
      ? [IsOptional()]
      : [ValidateIf((_, value) => value !== undefined), IsNotNull()];
  return applyDecorators(ApiPropertyOptional(about), ...absent, ...words);
}
