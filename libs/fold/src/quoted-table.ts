import type { EntityMetadata } from 'typeorm';

/** The table of an entity as plain SQL names it, with its schema. */
export function quotedTable({ tablePath }: Pick<EntityMetadata, 'tablePath'>): string {
  return tablePath
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}
