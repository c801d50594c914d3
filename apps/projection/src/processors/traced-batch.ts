import type { StoredEvent } from '@edgeflow/contracts';
import { SpanKind, inSpan, isSampled, type SpanOptions } from '@edgeflow/telemetry';

function optionsOf({ id, position, traceparent }: StoredEvent): SpanOptions {
  return {
    parent: traceparent,
    kind: SpanKind.CONSUMER,
    attributes: { 'messaging.message.id': id, 'edgeflow.position': position },
  };
}

/**
 * Runs the work on a batch with one span for each event whose trace is kept, a child of the span that wrote the event: the trace of a
 * request ends at the row. All last as long as the work; its queries stand under the first of them, which is the only one
 * whenever the log is not busy.
 */
export async function tracedBatch(batch: readonly StoredEvent[], work: () => Promise<void>): Promise<void> {
  const [first, ...others] = batch.filter(({ traceparent }) => isSampled(traceparent));
  if (!first) return work();
  const done = inSpan(`fold ${first.type}`, optionsOf(first), work);
  await Promise.all([done, ...others.map((event) => inSpan(`fold ${event.type}`, optionsOf(event), () => done))]);
}
