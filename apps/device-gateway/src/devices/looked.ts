import type { StreamEnds } from '@edgeflow/event-log';

/** A stream as it was when it was read, and the connection over which it was. */
export interface Looked {
  stream: StreamEnds;
  /** As `EventLog.epoch` numbers it. */
  epoch: number;
  /** True where another session of the device may have written there since, in this process. */
  shared?: true;
}

/** Gives it the first time: whatever lives longer than that does not hold on to it. */
export function once(looked: Looked | undefined): () => Looked | undefined {
  let left = looked;
  return () => {
    const given = left;
    left = undefined;
    return given;
  };
}
