import { isNetworkCode } from '@edgeflow/telemetry';
import type { FoldAlarm } from './checkpoint.js';

/**
 * SQLSTATE classes and codes that pass by themselves: connection (08, but for a message that breaks the protocol: it is so again), resources
 * (53), shutdown (57P0x), time limits (57014, 25P0x), rollback (40).
 */
const TRANSIENT_STATE = /^(08(?!P01)...|53...|57P0[1-5]|57014|25P0[34]|40001|40P01|25006)$/;
const ANY_STATE = /^[0-9A-Z]{5}$/;
/** A socket in the file system that is not there. */
const NO_SOCKET = 'ENOENT';
/** node-postgres and TypeORM have no codes for these. */
const WORDS =
  /Connection terminated|timeout exceeded when trying to connect|not connected|Driver not Connected|client has encountered a connection error|connection is closed|Query read timeout|query runner already released/i;

/** True when the database is away or overloaded, so that the same work may succeed later unchanged. */
export function isDatabaseDown(error: unknown): boolean {
  for (const one of chainOf(error)) {
    if (one instanceof AggregateError) return one.errors.some(isDatabaseDown);
    const code = String(one.code ?? '');
    if (isNetworkCode(code) || code === NO_SOCKET) return true;
    // The server has answered, so what stands in the message may be words of whoever wrote the event.
    if (ANY_STATE.test(code)) return TRANSIENT_STATE.test(code);
    if (WORDS.test(one.message)) return true;
  }
  return false;
}

/** An error and what it came from, the outermost first: TypeORM wraps those of node-postgres. */
function chainOf(error: unknown): (Error & { code?: unknown })[] {
  if (!(error instanceof Error)) return [];
  const inner = (error as { driverError?: unknown }).driverError ?? error.cause;
  return inner === error ? [error] : [error, ...chainOf(inner)];
}

/** Disk full (SQLSTATE). */
const DISK_FULL = '53100';

/** In the database's words, that it has no room for what was to be written; undefined for any other error. */
export function outOfRoom(error: unknown): string | undefined {
  return chainOf(error).find(({ code }) => code === DISK_FULL)?.message;
}

/** SQLSTATE classes of a database that is not set up as we need it: rights and definitions (42), a trigger (P0), its state (55), its disk (58). */
const SET_UP = /^(42|P0|55|58)...$/;

/** The SQLSTATE by which a database refused something for how it is set up; undefined for any other error. */
export function setUpState(error: unknown): string | undefined {
  const state = chainOf(error)
    .map(({ code }) => String(code ?? ''))
    .find((code) => ANY_STATE.test(code));
  return state !== undefined && SET_UP.test(state) ? state : undefined;
}

/** In failed transaction (SQLSTATE): an earlier statement was refused, which says why. */
const ABORTED = '25P02';

/** True when a statement was refused only since one before it in its transaction was. */
export function isAftermath(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === ABORTED;
}

/** Undefined table, undefined schema, undefined column (SQLSTATE). */
const GONE = new Set(['42P01', '3F000', '42703']);

/** The rows are not what this leader had committed: dropped, or a Postgres that lost its last commits. They are read anew. */
export class RowsGone extends Error {
  override readonly name = 'RowsGone';
}

/** The rows were not made of the log that is there now: somebody has to decide which of the two is right. */
export class LogDiffers extends Error {
  override readonly name = 'LogDiffers';

  constructor(readonly alarm: FoldAlarm) {
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

/** True when the database says that a table, a column of one, or the schema, is not there. */
export function isTableGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(String(error.code));
}

/** What ends a leadership: it begins anew from what there is then. */
export function endsLeadership(error: unknown): boolean {
  return error instanceof RowsGone || error instanceof Deposed || error instanceof LogDiffers;
}
