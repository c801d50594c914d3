import type { EntityManager } from 'typeorm';

/** The table of an entity as plain SQL names it, with its schema. */
export function tableOf(tables: EntityManager, entity: new () => object): string {
  return tables.connection
    .getMetadata(entity)
    .tablePath.split('.')
    .map((part) => `"${part}"`)
    .join('.');
}
