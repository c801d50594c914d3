import { isAdministrative, unreachable, type StoredEvent } from '@edgeflow/contracts';
import { neverUpdated, type DeviceFacts, type DeviceRecord } from './device.record.js';
import { cancelled, completed, failed, isOpen, opened, progressed } from './ota-state.js';

/**
 * The record of a device after one more event of its lanes. A device exists from its registration on; an event at or before the
 * record's position was folded already and changes nothing.
 */
export function evolve(device: DeviceRecord | undefined, event: StoredEvent): DeviceRecord | undefined {
  if (!device) return event.type === 'DeviceRegistered' ? firstRegistered(event) : undefined;
  if (event.position <= device.position) return device;
  const next = changed(device, event);
  return next === device ? device : { ...next, position: event.position };
}

function changed(device: DeviceRecord, event: StoredEvent): DeviceRecord {
  if (isAdministrative(event)) return device;
  switch (event.type) {
    case 'DeviceRegistered':
      return { ...device, ...registration(event) };
    case 'DeviceRevoked':
      return { ...device, revoked: true };
    case 'DeviceConnected': {
      const { tunnel_id, boot_id } = event.data;
      return { ...seen(device, event), online: true, tunnel_id, boot_id };
    }
    case 'DeviceDisconnected':
      // A late goodbye of an older tunnel says nothing about the one that replaced it.
      return event.data.tunnel_id === device.tunnel_id ? { ...seen(device, event), online: false } : device;
    case 'DeviceVersionReported':
      return { ...running(seen(device, event), event.data.version), boot_id: event.data.boot_id };
    case 'DeviceProgressReported':
      return seen(isOpen(device, event) ? progressed(device, event) : device, event);
    case 'DeviceUpdateReported':
      // Whether the update ends by this report is the orchestrator's to say.
      return event.data.reported_by === 'device' ? seen(device, event) : device;
    case 'UpdateQueued':
    case 'UpdateDispatched':
      return { ...device, ...opened(event) };
    case 'UpdateCompleted':
      return isOpen(device, event)
        ? { ...running(device, event.data.version), ...completed(device, event.time) }
        : device;
    case 'UpdateFailed':
      return isOpen(device, event) ? { ...device, ...failed(device, event) } : device;
    case 'UpdateCancelled':
      return isOpen(device, event) ? { ...device, ...cancelled(event.time) } : device;
    // Ignored: these stand in timelines and change no device; what a rollout does to a device is its updates.
    case 'UpdateRequested':
    case 'UpdateSkipped':
    case 'UpdateRejected':
    case 'DeadlineReached':
    case 'DeviceKeyRotated':
    case 'DeviceRefused':
    case 'FirmwareUploaded':
    case 'FirmwareSigned':
    case 'FirmwareRevoked':
    case 'RolloutRequested':
    case 'RolloutPauseRequested':
    case 'RolloutResumeRequested':
    case 'RolloutAbortRequested':
    case 'RolloutApproveRequested':
    case 'RolloutRetryRequested':
    case 'RollbackRequested':
    case 'FleetWindowRequested':
    case 'FleetWindowChanged':
    case 'RequestRefused':
    case 'RolloutAccepted':
    case 'RolloutRejected':
    case 'RolloutDevicesPlanned':
    case 'RolloutStarted':
    case 'RolloutApproved':
    case 'WaveStarted':
    case 'WaveCompleted':
    case 'RolloutPaused':
    case 'RolloutResumed':
    case 'RolloutRetried':
    case 'RolloutAborted':
    case 'RolloutCompleted':
    case 'RollbackTriggered':
    case 'RollbackCompleted':
    case 'RolloutActionRefused':
      return device;
    default:
      return unreachable(event);
  }
}

function firstRegistered(event: StoredEvent<'DeviceRegistered'>): DeviceRecord {
  return {
    org: event.org,
    device_id: event.entity_id,
    current_version: null,
    previous_version: null,
    online: false,
    tunnel_id: null,
    boot_id: null,
    last_seen_at: null,
    registered_at: event.time,
    position: event.position,
    ...registration(event),
    ...neverUpdated,
  };
}

/** A device that is registered again is trusted again. */
function registration({
  data,
}: StoredEvent<'DeviceRegistered'>): Pick<DeviceFacts, 'model' | 'fleet' | 'tags' | 'revoked'> {
  return { model: data.model, fleet: data.fleet ?? null, tags: data.tags ?? [], revoked: false };
}

/** Times of one device may come from two gateways: the newest one stays. ISO 8601 in UTC sorts as text. */
function seen(device: DeviceRecord, { time }: StoredEvent): DeviceRecord {
  const newer = device.last_seen_at === null || device.last_seen_at < time;
  return newer ? { ...device, last_seen_at: time } : device;
}

function running(device: DeviceRecord, version: string): DeviceRecord {
  if (device.current_version === version) return device;
  return { ...device, current_version: version, previous_version: device.current_version };
}
