export { FoldCheckpoint, type FoldAlarm } from './checkpoint.js';
export { positionColumn, timeColumn } from './columns.js';
export { isDatabaseDown } from './database-errors.js';
export { DatabaseRefused } from './database-refusal.js';
export { openDatabase, type DatabaseOptions } from './database.js';
export { FoldDatabase, type FoldTransaction } from './fold-database.js';
export { PostgresFoldDatabase } from './postgres-fold-database.js';
export { Fold } from './fold.js';
export type { FoldPace } from './fold-pace.js';
export type { FoldDefinition } from './fold-definition.js';
export { advanceRows, type ReadModel } from './read-model.js';
export { readableFrom } from './readable-from.js';
export { RoomForChanges } from './room-for-changes.js';
export { RowSet, type KeyedTable } from './row-set.js';
export { foldReadiness } from './readiness.js';
export { passStreams, type StreamTable } from './pass-streams.js';
export { streamOf } from './dead-letters.js';
export { areRowsWhole, askForRebuild, openDeadLettersOf, type DeadLetterLine, type AskedRebuild } from './rebuild.js';
export { asRowsRefusal } from './rows-refusal.js';
export { schemasOf, type Schemas } from './schemas.js';
export { DeadLetterRow } from './dead-letter.row.js';
export { createRows } from './tables.js';
export { inOneSnapshot } from './one-snapshot.js';
export { pipelined } from './pipelined.js';
export { PostgresRows } from './postgres-rows.js';
export {
  ColumnValue,
  type MomentRows,
  type Query,
  type RowClass,
  type Rows,
  type Statement,
  type Where,
} from './rows.js';
