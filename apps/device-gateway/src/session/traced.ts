import type { OtaEvent } from '@edgeflow/contracts';
import { activeTraceparent } from '@edgeflow/telemetry';

/** The event in the trace of now: a group commit has none of its own. */
export function traced(event: OtaEvent): OtaEvent {
  const traceparent = activeTraceparent();
  return { ...event, ...(traceparent && { traceparent }) };
}
