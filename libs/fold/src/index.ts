export { FoldCheckpoint, positionColumn } from './checkpoint.js';
export { timeColumn } from './columns.js';
export type { FoldAlarm } from './checkpoints.js';
export { isDatabaseDown } from './database-errors.js';
export { openDatabase, type DatabaseOptions } from './database.js';
export { Fold, type FoldDefinition, type FoldOptions } from './fold.js';
export { foldReadiness, type FoldingService } from './readiness.js';
export { insertMissing, upsertForward, type RowClass } from './write-rows.js';
