import { deviceStream } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { DeviceAddress } from '../devices/device-address.js';

/** True when the log says that a device works on an update, its newest one: the download of a revoked image goes on where it had begun. */
export async function hasBegun(
  log: Pick<EventLog, 'lastOfEach'>,
  device: DeviceAddress,
  update_id: string,
): Promise<boolean> {
  const { last } = await log.lastOfEach(deviceStream(device));
  return last.DeviceProgressReported?.data.update_id === update_id;
}
