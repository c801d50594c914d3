import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';

/** A lane as the log gives it: what can be read, what cannot, and where it ends. */
export interface LaneRead {
  events: readonly StoredEvent[];
  unread: readonly UnreadEvent[];
  position: number;
}

/** Everything that stands in a lane, in its order. */
export function inOrder({ events, unread }: Pick<LaneRead, 'events' | 'unread'>): (StoredEvent | UnreadEvent)[] {
  return [...events, ...unread].sort((one, other) => one.position - other.position);
}
