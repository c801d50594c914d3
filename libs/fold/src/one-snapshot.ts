import type { DataSource, EntityManager } from 'typeorm';

/** Reads several tables as of one moment: of the same rows, also when others take their place meanwhile, which wait for it. */
export function inOneSnapshot<T>(database: DataSource, read: (tables: EntityManager) => Promise<T>): Promise<T> {
  return database.transaction('REPEATABLE READ', async (tx) => {
    // Before the first SELECT, which says what the moment is (PostgreSQL, LOCK).
    await tx.query('LOCK TABLE fold_checkpoint IN ACCESS SHARE MODE');
    return read(tx);
  });
}
