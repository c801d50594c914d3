import type { MsgHdrs } from '@nats-io/nats-core';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';

/** What a NATS message, however it came, says of an event. */
export interface Received {
  subject: string;
  headers: MsgHdrs | undefined;
  data: Uint8Array;
  /** The position. */
  position: number;
  stored_at?: string;
}

/** The event in a message, or what is left of it. Never throws. */
export type ReadReceived = (received: Received) => StoredEvent | UnreadEvent;
