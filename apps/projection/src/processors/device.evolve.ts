import { isOf, unreachable, type DataOf, type EventOf, type StoredEvent } from '@edgeflow/contracts';
import { neverUpdated, type DeviceFacts, type DeviceRecord } from '../rows/device.record.js';
import {
  cancelled,
  completed,
  endedIn,
  failed,
  isNewest,
  isOpen,
  opened,
  postponed,
  progressed,
  reverted,
} from './ota-state.js';

/** Neither a request nor a rollout changes a device by itself: its own streams do. */
export type DeviceEvent = EventOf<'device' | 'update'>;

/** True for an event that may change a device. */
export function isDeviceEvent(event: StoredEvent): event is DeviceEvent {
  return isOf(event, 'device', 'update');
}

/**
 * The record of a device after one more event of its streams. A device exists from its registration on; an event at or before the
 * record's position was folded already and changes nothing. One that was taken out of service has none any more.
 */
export function evolve(device: DeviceRecord | undefined, event: DeviceEvent): DeviceRecord | undefined {
  if (!device) return event.type === 'DeviceRegistered' ? firstRegistered(event) : undefined;
  if (event.position <= device.position) return device;
  if (event.type === 'DeviceRemoved') return undefined;
  const next = changed(device, event);
  if (next === device) return device;
  const { target_version, attempts } = next;
  const attempts_on_version = target_version === null ? null : (attempts[target_version]?.told ?? 0);
  return { ...next, drifted: isDrifted(next), attempts_on_version, position: event.position };
}

/** Versions whose tries are remembered, those that were told last. */
const VERSIONS_MAX = 32;

/** The tries after one more, counted when the device is told: one that waits for it has worn nothing yet. */
function told(attempts: DeviceRecord['attempts'], { version, number: last }: DataOf<'UpdateDispatched'>) {
  // Told again, after a gateway or a tunnel was lost, is the same try.
  if ((attempts[version]?.last ?? 0) >= last) return attempts;
  const before = attempts[version]?.told ?? 0;
  // By what is in them: Postgres keeps members in an order of its own.
  const newest = Object.entries({ ...attempts, [version]: { told: before + 1, last } }).sort(
    ([, a], [, b]) => b.last - a.last,
  );
  return Object.fromEntries(newest.slice(0, VERSIONS_MAX));
}

/** A device whose update is open is on its way; one that was never told anything, or whose update was withdrawn, has nowhere to be. */
function isDrifted({ ota_status, current_version, target_version }: DeviceRecord): boolean {
  return ota_status !== 'updating' && target_version !== null && current_version !== target_version;
}

function changed(device: DeviceRecord, event: Exclude<DeviceEvent, StoredEvent<'DeviceRemoved'>>): DeviceRecord {
  switch (event.type) {
    case 'DeviceRegistered':
      return { ...device, ...registration(event) };
    case 'DeviceChanged':
      return { ...device, ...traits(event) };
    case 'DeviceRevoked':
      return { ...device, revoked: true };
    case 'DeviceReinstated':
      return { ...device, revoked: false };
    case 'DeviceConnected': {
      const { session_id, boot_id = null } = event.data;
      return { ...seen(device, event), online: true, session_id, boot_id };
    }
    case 'DeviceDisconnected':
      // A late goodbye of an older session says nothing about the one that replaced it.
      return event.data.session_id === device.session_id ? { ...seen(device, event), online: false } : device;
    case 'DeviceVersionReported':
      return { ...unlessAbandoned(running(seen(device, event), event.data.version), event), ...shown(event) };
    case 'DeviceProgressReported':
      return seen(isOpen(device, event) ? progressed(device, event) : device, event);
    case 'DeviceUpdateReported':
      // Whether the update ends by this report is the orchestrator's to say.
      return event.data.reported_by === 'device' ? seen(device, event) : device;
    case 'DeviceUpdatePostponed':
      // For how long is the orchestrator's to say, too.
      return seen(device, event);
    case 'UpdatePostponed':
      return isOpen(device, event) ? { ...device, ...postponed(device, event) } : device;
    case 'UpdateQueued':
      return { ...device, ...opened(device, event), before: beforeThat(device) };
    case 'UpdateDispatched':
      return {
        ...{ ...device, ...opened(device, event), before: beforeThat(device) },
        attempts: told(device.attempts, event.data),
      };
    case 'UpdateCompleted':
      // What it runs it says itself, before that or, something else, since.
      return isOpen(device, event)
        ? { ...device, ...completed(device, event.time), before: null, abandoned_version: null }
        : device;
    case 'UpdateFailed':
      return isOpen(device, event) ? { ...device, ...failed(device, event), before: null } : device;
    case 'UpdateReverted':
      return afterRevert(device, event);
    case 'UpdateCancelled':
      return isOpen(device, event) ? withdrawn(device, event) : device;
    case 'UpdateSkipped':
    case 'UpdateRejected':
    case 'UpdateCancelRefused':
    case 'UpdateRescheduled':
    case 'DeadlineReached':
    case 'DeviceKeyRotated':
    case 'DeviceRefused':
      return device;
    default:
      return unreachable(event);
  }
}

/** The state before the update that is open, or begins now. */
function beforeThat(device: DeviceRecord): DeviceRecord['before'] {
  return device.ota_status === 'updating' ? device.before : endedIn(device);
}

/** An update that is taken back; its device may go on with it, if it was told. */
function withdrawn(device: DeviceRecord, event: StoredEvent<'UpdateCancelled'>): DeviceRecord {
  const { version, number } = event.data;
  const wasTold = device.attempts[version]?.last === number;
  const abandoned_version = wasTold ? version : device.abandoned_version;
  const before = { ...device, ...cancelled(device.before, event.time), before: null, abandoned_version };
  return unlessAbandoned(before, event);
}

/** Once it runs what was taken back, no update that stands has brought it there, nor is it to be where one did before. */
function unlessAbandoned(device: DeviceRecord, { time }: StoredEvent): DeviceRecord {
  const { ota_status, current_version, target_version, abandoned_version } = device;
  if (ota_status === 'updating' || abandoned_version === null || current_version !== abandoned_version) return device;
  const there = { ...device, abandoned_version: null };
  return target_version === current_version ? there : { ...there, ...cancelled(null, time) };
}

/** While a newer update is open that goes on; should nothing come of it, the one before has failed. */
function afterRevert(device: DeviceRecord, event: StoredEvent<'UpdateReverted'>): DeviceRecord {
  if (isNewest(device, event)) return { ...device, ...reverted(device, event) };
  const before = device.before ?? neverUpdated;
  const isOfThatBefore = device.ota_status === 'updating' && isNewest(before, event);
  return isOfThatBefore ? { ...device, before: reverted(before, event) } : device;
}

/** In which boot it said what it runs, and whether that may still be taken back. */
function shown({ data }: StoredEvent<'DeviceVersionReported'>): Pick<DeviceFacts, 'boot_id' | 'confirmed'> {
  return { boot_id: data.boot_id ?? null, confirmed: data.confirmed ?? true };
}

function firstRegistered(event: StoredEvent<'DeviceRegistered'>): DeviceRecord {
  return {
    org: event.org,
    device_id: event.entity_id,
    current_version: null,
    previous_version: null,
    online: false,
    session_id: null,
    boot_id: null,
    last_seen_at: null,
    registered_at: event.time,
    confirmed: true,
    drifted: false,
    attempts_on_version: null,
    attempts: {},
    before: null,
    abandoned_version: null,
    position: event.position,
    ...registration(event),
    ...neverUpdated,
  };
}

/** A device that is registered again is trusted again. */
function registration(event: StoredEvent<'DeviceRegistered'>) {
  return { ...traits(event), revoked: false };
}

function traits({
  data,
}: StoredEvent<'DeviceRegistered' | 'DeviceChanged'>): Pick<DeviceFacts, 'model' | 'fleet' | 'tags'> {
  return { model: data.model, fleet: data.fleet ?? null, tags: data.tags ?? [] };
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
