import type { OtaEvent } from '@edgeflow/contracts';
import { SpanKind, activeTraceparent, inSpan } from '@edgeflow/telemetry';
import { STREAM } from '../connection/stream.js';

/**
 * Runs an append in a producer span, one for all its events, and passes its context to those that have none, so that whoever handles
 * them goes on in the same trace. Attribute names: OpenTelemetry's conventions for messaging.
 */
export function inAppendSpan<T>(
  events: readonly OtaEvent[],
  work: (traced: readonly OtaEvent[]) => Promise<T>,
): Promise<T> {
  const names = [...new Set(events.map(({ type }) => type))].join(',');
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.type': 'send',
    'messaging.destination.name': STREAM,
    'messaging.batch.message_count': events.length,
    'edgeflow.events': names,
  };
  return inSpan(`append ${names}`, { kind: SpanKind.PRODUCER, attributes }, () => {
    const traceparent = activeTraceparent();
    if (!traceparent) return work(events);
    return work(events.map((event) => (event.traceparent ? event : { ...event, traceparent })));
  });
}
