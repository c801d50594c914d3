import type { Decided } from '@edgeflow/contracts';
import type { UpdateFact } from '@edgeflow/device-update';
import type { Fold } from '@edgeflow/fold';
import type { DeviceStateRow } from '../rows/device-state.row.js';
import { decisionOf, type Guard, type UpdateAppender } from './update-appender.js';

/** Who appends, and whether this process may still. */
interface Writer {
  appender: UpdateAppender;
  fold: Pick<Fold, 'leading'>;
}

/**
 * Decides on devices whose rows show what was decided on them last, and appends that; nothing where the process has been replaced since it chose them, as one that
 * stood still may have been.
 * @param guard makes that nothing is stored once its stream has moved on
 * @returns how many decisions were stored, and the position of the last one; 0 for none
 */
export async function appendDecided<D extends Pick<DeviceStateRow, 'org' | 'device_id' | 'lane_position'>>(
  { appender, fold }: Writer,
  devices: readonly D[],
  decideOn: (device: D) => Decided<UpdateFact>,
  at: Date,
  guard?: Guard,
): Promise<{ stored: number; last: number }> {
  const fresh = devices.filter((device) => appender.isFresh(device));
  const decisions = await Promise.all(fresh.map((device) => decisionOf(device, decideOn(device), at)));
  if (!fold.leading()) return { stored: 0, last: 0 };
  return appender.append(
    decisions.filter((one) => one !== undefined),
    guard,
  );
}
