import { isRequest, sourceOfRequest, unreachable, type StoredEvent } from '@edgeflow/contracts';
import type { TimelineRow } from '../rows/timeline.row.js';

/**
 * The device whose timeline an event belongs to: that of its stream, or the one that a request or a rollback is aimed at. The stream is
 * the authority where there is one. Undefined for what is not about one device.
 */
export function deviceIdOf(event: StoredEvent): string | undefined {
  switch (event.entity) {
    case 'device':
    case 'update':
      return event.entity_id;
    case 'request':
      return 'device_id' in event.data ? event.data.device_id : undefined;
    case 'rollout':
      // A rollback of one device has a rollout's stream of its own.
      return event.type === 'RollbackTriggered' ? event.data.device_id : undefined;
    case 'firmware':
    case 'trust':
    case 'claim':
    case 'access':
    case 'audit':
      return undefined;
    default:
      return unreachable(event.entity);
  }
}

/** The event's row in the timeline of its device. */
export function timelineRow(event: StoredEvent): TimelineRow | undefined {
  const device_id = deviceIdOf(event);
  if (device_id === undefined) return undefined;
  const { org, position, id, type, time, data, correlation_id, causation_id = null } = event;
  const source = senderOf(event);
  return { org, device_id, position, event_id: id, type, time, data, source, correlation_id, causation_id };
}

/** Who wrote an event; of a request, who sent it. */
export function senderOf(event: StoredEvent): string {
  return isRequest(event) ? sourceOfRequest(event) : event.source;
}
