import type { ValueTransformer } from 'typeorm';

/** Postgres gives a bigint as text; positions stay far below 2^53. */
export const positionColumn: ValueTransformer = {
  to: (value: number) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

/** A `timestamptz` is ISO 8601 in UTC on our side, with the milliseconds that the log has. */
export const timeColumn: ValueTransformer = {
  to: (value: string | null) => value,
  from: (value: Date | null) => value?.toISOString() ?? null,
};
