import type { StreamEnds } from '@edgeflow/event-log';

/** A stream as it was when it was read, and the connection over which it was. */
export interface Looked {
  stream: StreamEnds;
  /** As `EventLog.epoch` numbers it. */
  epoch: number;
}
