import { now } from './rig/measure.mjs';

/** The same page from PostgreSQL alone. @returns milliseconds of each round, and the device ids */
export async function bareQueries({ folds, database }, { where, values, limit, rounds }) {
  const text = `SELECT * FROM ${await folds.schema('projection')}.device WHERE org = $1 AND ${where} ORDER BY device_id LIMIT ${limit}`;
  const { rows } = await database.query(text, values);
  const waits = [];
  for (let round = 0; round < rounds; round++) {
    const begin = now();
    const found = await database.query(text, values);
    JSON.stringify(found.rows);
    waits.push(now() - begin);
  }
  return { waits, ids: rows.map(({ device_id }) => device_id) };
}
