import { Refused } from '@edgeflow/contracts';
import { isDatabaseDown, isTableGone } from './database-errors.js';

/** What a caller is told when the rows could not be read, where that passes by itself; any other error as it is. */
export function asRowsRefusal(cause: unknown): unknown {
  if (isDatabaseDown(cause)) return new Refused('database-unavailable', undefined, {}, { cause });
  // They were dropped, and are made anew.
  if (isTableGone(cause)) return new Refused('read-model-behind', 'The read models are being made anew', {}, { cause });
  return cause;
}
