import type { EventName } from '@edgeflow/contracts';
import type { StreamEnds } from '../types.js';

/**
 * True when an event of this name stands in the stream, whether or not this build can read it: for what must not be believed away since a
 * newer release has written it otherwise, e.g. a revocation.
 */
export function stands({ last, unread }: Pick<StreamEnds, 'last' | 'unread'>, type: EventName): boolean {
  return last[type] !== undefined || unread.some((event) => event.type === type);
}
