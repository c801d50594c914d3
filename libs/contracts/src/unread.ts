import type { StoredEvent } from './events.js';

/** Why an event was not read: `unknown-type` is no error (ADR-0018), `set-aside` is one that somebody has to look at. */
export type Unread = { why: 'unknown-type' } | { why: 'set-aside'; code: string; reason: string };

/**
 * What is left of an event that this build cannot use: where it stands, and what its envelope says. Nobody evolves by it, but positions
 * advance over it, or the next append to its stream would conflict for ever.
 */
export interface UnreadEvent {
  /** `_` where the subject names none. */
  org: string;
  /** The entity that the subject names, known or not; empty where it stands in no stream, as are `entity_id` and `type` then. */
  entity: string;
  entity_id: string;
  type: string;
  subject: string;
  position: number;
  /** Empty where the message has none. */
  id: string;
  /** When it happened, ISO 8601 UTC; where the message does not say it, when the log stored it. */
  time: string;
  unread: Unread;
}

/** True for what is only known to be there. */
export function isUnread(event: StoredEvent | UnreadEvent): event is UnreadEvent {
  return 'unread' in event;
}
