import { Transform } from 'class-transformer';

/** A number in the environment: `'8080'` becomes 8080, anything else stays and is named as wrong. */
export const Numeric = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' && value !== '' ? Number(value) : value));
