/**
 * The ceiling of fold.bench.mjs, for one service: what NATS delivers is written into tables with the same columns and indexes as the service's own,
 * with the checkpoint in the transaction. What the rows say is not worked out: it is known before, from the service's rows.
 */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { answer } from './answer.mjs';

const STREAM = 'OTA';
/** As many as the services take at once. */
const BATCH = 4_000;

let [nats, database, schema] = [];
let tables = [];

/** The row of an event, without its position, which is the event's. */
const textOf = (row) => JSON.stringify({ ...row, position: undefined }).slice(1);
const rowAt = (position, text) => `{"position":${position},${text}`;

/** A table whose rows are events, or one whose rows are devices, which stand there already. */
async function prepare(source, { name, key, columns }) {
  const isHistory = key.includes('position');
  const kept = isHistory ? 'false' : 'true';
  await database.query(`CREATE TABLE ${schema}.${name} (LIKE ${source}.${name} INCLUDING ALL)`);
  const { rows } = await database.query(`SELECT to_jsonb(t) AS row FROM ${source}.${name} t`);
  await database.query(`INSERT INTO ${schema}.${name} SELECT * FROM ${source}.${name} WHERE ${kept}`);
  const texts = new Map(rows.map(({ row }) => [row.device_id, textOf(row)]));
  if (isHistory) for (const { row } of rows) texts.set(row.position, textOf(row));
  const set = columns.map((column) => `"${column}" = excluded."${column}"`).join(', ');
  const update = isHistory ? '' : ` ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set}`;
  const insert = `INSERT INTO ${schema}.${name} SELECT * FROM json_populate_recordset(NULL::${schema}.${name}, $1::json)${update}`;
  return { isHistory, texts, insert };
}

/** The newest of each device, or all; none where the service has none of the device in such a table. */
function rowsOf({ isHistory, texts }, batch) {
  const newest = isHistory ? batch : [...new Map(batch.map((event) => [event.device_id, event])).values()];
  return newest.flatMap(({ seq, device_id }) => {
    // An event that came since is written like the device's last one.
    const text = (isHistory && texts.get(seq)) || texts.get(device_id);
    return text === undefined ? [] : [rowAt(seq, text)];
  });
}

async function write(batch) {
  await database.query('BEGIN');
  for (const table of tables) {
    const rows = rowsOf(table, batch);
    if (rows.length > 0) await database.query(table.insert, [`[${rows.join(',')}]`]);
  }
  await database.query(`UPDATE ${schema}.fold_checkpoint SET position = $1`, [batch.at(-1).seq]);
  await database.query('COMMIT');
  batch.at(-1).message.ack();
}

/** Events from a position on, as they come. */
async function delivered(opt_start_seq) {
  const manager = await jetstreamManager(nats);
  const ack = { ack_policy: 'all', max_ack_pending: 2 * BATCH };
  const from = { deliver_policy: 'by_start_sequence', opt_start_seq, filter_subject: 'ota.>' };
  const { name } = await manager.consumers.add(STREAM, { ...from, ...ack });
  const consumer = await jetstream(nats).consumers.get(STREAM, name);
  return { messages: await consumer.consume({ max_messages: 2 * BATCH }), end: () => consumer.delete() };
}

const commands = {
  /** @param source the service's schema @param name of the one of this program */
  prepare: async ({ access: { servers, user, password: pass, ca }, database_url, source, name, tables: wanted }) => {
    nats = await connect({ servers, user, pass, tls: { ca }, ignoreClusterUpdates: true });
    database = new pg.Client(database_url);
    await database.connect();
    schema = name;
    await database.query(`CREATE SCHEMA ${schema}`);
    await database.query(`CREATE TABLE ${schema}.fold_checkpoint (LIKE ${source}.fold_checkpoint INCLUDING ALL)`);
    await database.query(`INSERT INTO ${schema}.fold_checkpoint SELECT * FROM ${source}.fold_checkpoint`);
    tables = [];
    for (const table of wanted) tables.push(await prepare(source, table));
    await database.query('SET synchronous_commit = off');
  },
  /** Folds so many events of devices whose ids begin so, from a position on; what others do is passed over. */
  fold: async ({ first, count, name }) => {
    const { messages, end } = await delivered(first);
    let [waiting, left, writing] = [[], count, Promise.resolve()];
    // What comes while a batch is written is the next one.
    const writeWaiting = async () => {
      while (waiting.length > 0) await write(waiting.splice(0, BATCH));
    };
    for await (const message of messages) {
      const { device_id } = message.json();
      if (!device_id?.startsWith(name)) continue;
      waiting.push({ seq: message.seq, message, device_id });
      if (waiting.length === 1) writing = writing.then(writeWaiting);
      if (--left === 0) break;
    }
    await writing.then(writeWaiting);
    await end();
    return count - left;
  },
};

answer(commands);
