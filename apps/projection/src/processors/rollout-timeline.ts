import type { PlannedInShort, RolloutTarget, StoredEvent } from '@edgeflow/contracts';
import { rolloutOf } from '@edgeflow/rollout';
import { senderOf } from './timeline.js';
import type { RolloutTimelineRow } from '../rows/rollout-timeline.row.js';

/** The event's row in the timeline of its rollout; undefined for what is not about one. */
export function rolloutTimelineRow(event: StoredEvent): RolloutTimelineRow | undefined {
  const rollout_id = rolloutOf(event);
  if (rollout_id === undefined) return undefined;
  const { org, position, id, type, time, correlation_id, causation_id = null } = event;
  const about = { data: inShort(event), source: senderOf(event) };
  return { org, rollout_id, position, event_id: id, type, time, ...about, correlation_id, causation_id };
}

/** The payload with counts for lists of devices: a page of events stays a page. */
function inShort(event: StoredEvent): object {
  switch (event.type) {
    case 'RolloutDevicesPlanned': {
      const { devices, excluded, ...rest } = event.data;
      return { ...rest, device_count: devices.length, excluded_count: excluded.length } satisfies PlannedInShort;
    }
    case 'RolloutRequested':
      return withoutDevices(event.data);
    case 'RolloutAccepted':
      return { ...event.data, spec: withoutDevices(event.data.spec) };
    default:
      return event.data;
  }
}

/** A request that its owner refuses has no payload, and so no target. */
function withoutDevices<S extends { target?: RolloutTarget }>(spec: S): object {
  if (!spec.target?.devices) return spec;
  const { devices, ...target } = spec.target;
  return { ...spec, target: { ...target, device_count: devices.length } };
}
