import type { DataSource, EntityManager } from 'typeorm';
import { FoldCheckpoint } from './checkpoint.js';
import { quotedTable } from './quoted-table.js';

/** Set while a fold writes, until its transaction ends. */
const WRITING = 'edgeflow.folding';
const TRIGGER = 'rows_by_other_hand';

/** SQL that says of this transaction that a fold writes in it; as an expression, so that it needs no statement of its own. */
export const foldWrites = `set_config('${WRITING}', 'on', true)`;

/**
 * Has PostgreSQL say that the rows are wrong in the transaction of whoever changes or empties them beside the fold: they are not what the log
 * says any more, and neither the checkpoint nor the tables would show it. Before the change, so that it and the fold lock the checkpoint
 * first. The checkpoint itself is compared with the log.
 * @param database whose tables were made just now
 */
export async function watchForeignChanges(database: DataSource, tx: EntityManager): Promise<void> {
  const checkpoint = database.getMetadata(FoldCheckpoint);
  const says = `"${checkpoint.schema}".${TRIGGER}`;
  // The schema gets another name when it takes the place of another one.
  await tx.query(
    `CREATE FUNCTION ${says}() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF current_setting('${WRITING}', true) IS DISTINCT FROM 'on' THEN
         EXECUTE format('UPDATE %I.${checkpoint.tableName} SET rebuild = ''wrong''', TG_TABLE_SCHEMA);
       END IF;
       RETURN NULL;
     END $$`,
  );
  for (const metadata of database.entityMetadatas.filter((one) => one !== checkpoint)) {
    await tx.query(
      `CREATE TRIGGER ${TRIGGER} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${quotedTable(metadata)}
       FOR EACH STATEMENT EXECUTE FUNCTION ${says}()`,
    );
  }
}
