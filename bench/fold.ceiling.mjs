/** The same events, from the same stream into tables of the same shape in the same database, by as many processes at once. */
import { claim, now, perSecond, until } from './rig/measure.mjs';

/** Rows of a schema's tables that were written so far, by table, without those of the fold itself. */
export async function writtenRows(database, schema) {
  const { rows } = await database.query(
    `SELECT relname AS name, (n_tup_ins + n_tup_upd)::int AS written FROM pg_stat_user_tables WHERE schemaname = $1 AND relname !~ '^fold_'`,
    [schema],
  );
  return new Map(rows.map(({ name, written }) => [name, written]));
}

const hasGrown = (before, { name, written }) => written > (before.get(name) ?? 0);

async function holds(database, schema, { name }, devices) {
  const { rows } = await database.query(`SELECT 1 FROM ${schema}.${name} WHERE device_id LIKE $1 LIMIT 1`, [
    `${devices}-%`,
  ]);
  return rows.length > 0;
}

/** The tables of a schema that hold such devices, or their events, and that were written since, with columns and primary keys. */
async function tablesSince(database, schema, before, devices) {
  const find = async () => {
    const { rows } = await database.query(
      `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns, (s.n_tup_ins + s.n_tup_upd)::int AS written,
         (SELECT array_agg(k.attname::text) FROM pg_attribute k WHERE k.attrelid = c.oid AND k.attnum = ANY(i.indkey)) AS key
       FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary JOIN pg_stat_user_tables s ON s.relid = c.oid
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE s.schemaname = $1 GROUP BY c.oid, c.relname, i.indkey, s.n_tup_ins, s.n_tup_upd`,
      [schema],
    );
    const ofDevices = rows.filter(({ columns }) => columns.includes('device_id'));
    const keyed = ofDevices.filter(({ key }) => key.includes('device_id') || key.includes('position'));
    const changed = [];
    for (const row of keyed.filter((one) => hasGrown(before, one)))
      if (await holds(database, schema, row, devices)) changed.push(row);
    return changed.length > 0 && changed;
  };
  // PostgreSQL counts late, by some seconds; what one transaction wrote, at once.
  return until(find, `PostgreSQL does not say that rows were written in ${schema}`);
}

/** @throws Untrue unless every row of the service that these events have made stands in the other schema as well */
async function assertSameRows(database, source, schema, { name, key }, { first, last, devices }) {
  const since = key.includes('position') ? ` AND position BETWEEN ${first} AND ${last}` : '';
  const some = `WHERE device_id LIKE '${devices}-%'${since}`;
  const { rows } = await database.query(
    `SELECT count(*)::int AS count FROM (SELECT to_jsonb(t) FROM ${source}.${name} t ${some} EXCEPT SELECT to_jsonb(b) FROM ${schema}.${name} b) d`,
  );
  claim(rows[0].count === 0, `${rows[0].count} rows of ${name} are not what the bare fold wrote`);
}

/** A process that folds into a schema of its own what the service of another one has folded of some devices since `before`. */
export async function bareFolder({ endpoints, access, database, program }, { schema, before, name }, devices) {
  const folder = await program('bare-folder.mjs');
  const tables = await tablesSince(database, schema, before, devices);
  await folder.ask('prepare', { access, database_url: endpoints.database_url, source: schema, name, tables });
  const stop = async () => {
    await database.query(`DROP SCHEMA ${name} CASCADE`);
    folder.stop();
  };
  return { folder, tables, schema, name, stop };
}

/**
 * @param services of each: the schema, and the rows that were written `before`
 * @param events where they stand, how many, and how the ids of their devices begin
 * @returns events a second, by both at once
 */
export async function bareFolds(installation, services, { count, ...events }) {
  const folders = await Promise.all(services.map((service) => bareFolder(installation, service, events.devices)));
  const begin = now();
  const folded = await Promise.all(
    folders.map(({ folder }) => folder.ask('fold', { first: events.first, count, name: events.devices })),
  );
  const ms = now() - begin;
  const all = folded.every((one) => one === count);
  claim(all, `the bare folds have folded ${folded} of ${count} events`);
  for (const { tables, schema, name, stop } of folders) {
    for (const table of tables) await assertSameRows(installation.database, schema, name, table, events);
    await stop();
  }
  return perSecond(count, ms);
}
