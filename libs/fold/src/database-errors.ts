/**
 * SQLSTATE classes and codes that pass by themselves: connection (08, but for a message that breaks the protocol: it is so again), resources
 * (53), shutdown (57P0x), time limits (57014, 25P0x), rollback (40).
 */
const TRANSIENT_STATE = /^(08(?!P01)...|53...|57P0[1-5]|57014|25P0[34]|40001|40P01|25006)$/;
const ANY_STATE = /^[0-9A-Z]{5}$/;
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT']);
/** node-postgres and TypeORM have no codes for these. */
const WORDS =
  /Connection terminated|timeout exceeded when trying to connect|not connected|Driver not Connected|client has encountered a connection error|connection is closed|Query read timeout|query runner already released/i;

/** True when the database is away or overloaded, so that the same work may succeed later unchanged. */
export function isDatabaseDown(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseDown);
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  // The server has answered, so what stands in the message may be words of whoever wrote the event.
  if (ANY_STATE.test(code) && !NETWORK.has(code)) return TRANSIENT_STATE.test(code);
  if (NETWORK.has(code) || WORDS.test(error.message)) return true;
  const inner = (error as { driverError?: unknown }).driverError ?? error.cause;
  return inner !== undefined && inner !== error && isDatabaseDown(inner);
}

/** SQLSTATE classes of a database that is not set up as we need it: rights and definitions (42), a trigger (P0), its state (55), its disk (58). */
const SET_UP = /^(42|P0|55|58)...$/;

/** The SQLSTATE by which a database refused something for how it is set up; undefined for any other error. */
export function setUpState(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = String((error as { code?: unknown }).code ?? '');
  if (ANY_STATE.test(code)) return SET_UP.test(code) ? code : undefined;
  const inner = (error as { driverError?: unknown }).driverError ?? error.cause;
  return inner === error ? undefined : setUpState(inner);
}

/** Undefined table, undefined schema (SQLSTATE). */
const GONE = new Set(['42P01', '3F000']);

/** The rows are not what this leader had committed: dropped, or a Postgres that lost its last commits. They are read anew. */
export class RowsGone extends Error {
  override readonly name = 'RowsGone';
}

/** The rows were not made of the log that is there now: somebody has to decide which of the two is right. */
export class LogDiffers extends Error {
  override readonly name = 'LogDiffers';

  constructor(readonly alarm: string) {
    super(`${alarm}: the rows were not made of this log; see docs/operations.md`);
  }
}

/** Another replica leads, so what this one does is not committed. */
export class Deposed extends Error {
  override readonly name = 'Deposed';

  constructor() {
    super('another replica has taken over, or the lease is gone');
  }
}

/** The error as `RowsGone` when a table or the schema was dropped under the fold. */
export function asRowsGone(error: unknown): unknown {
  return isTableGone(error) ? new RowsGone('the tables were dropped', { cause: error }) : error;
}

/** True when the database says that a table, or the schema, is not there. */
export function isTableGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(String(error.code));
}

/** What ends a leadership: it begins anew from what there is then. */
export function endsLeadership(error: unknown): boolean {
  return error instanceof RowsGone || error instanceof Deposed || error instanceof LogDiffers;
}
