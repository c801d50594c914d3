import { toEvent, type EventStream, type OtaEvent } from '@edgeflow/contracts';

const envelope = (id: string) => ({ id, source: '/spec', time: '2026-01-02T03:04:05.000Z' });

/** For this library's specs: the stream of a device. */
export function streamOfDevice(entity_id: string, org = 'acme'): EventStream {
  return { org, entity: 'device', entity_id };
}

/** For this library's specs: the stream of a device's updates. */
export function streamOfUpdates(entity_id: string, org = 'acme'): EventStream {
  return { org, entity: 'update', entity_id };
}

/** For this library's specs: an event of a device. */
export function revoked(device_id: string, id: string): OtaEvent<'DeviceRevoked'> {
  const data = { device_id, revoked_by: 'spec' };
  return toEvent(streamOfDevice(device_id), { type: 'DeviceRevoked', data }, envelope(id));
}

/** For this library's specs: another event of a device. */
export function reported(device_id: string, id: string, progress = 1): OtaEvent<'DeviceProgressReported'> {
  const data = { device_id, update_id: 'upd_1', phase: 'downloading' as const, progress };
  return toEvent(streamOfDevice(device_id), { type: 'DeviceProgressReported', data }, envelope(id));
}

/** For this library's specs: an event of an update. */
export function deadline(device_id: string, id: string): OtaEvent<'DeadlineReached'> {
  const data = { device_id, update_id: 'upd_1', number: 1 };
  return toEvent(streamOfUpdates(device_id), { type: 'DeadlineReached', data }, envelope(id));
}
