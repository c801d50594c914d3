import type { StoredEvent } from '@edgeflow/contracts';
import type { EventRef } from './rollout.state.js';

/** What is kept of an event that something was learnt from. */
export function refOf({ id, correlation_id, traceparent }: StoredEvent): EventRef {
  return { id, correlation_id, ...(traceparent && { traceparent }) };
}
