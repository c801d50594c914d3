import type { ValueTransformer } from 'typeorm';

/** A `timestamptz` is ISO 8601 in UTC on our side, with the milliseconds that the log has. */
export const timeColumn: ValueTransformer = {
  to: (value: string | null) => value,
  from: (value: Date | null) => value?.toISOString() ?? null,
};
