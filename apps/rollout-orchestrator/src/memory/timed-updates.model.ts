import { modelOfQuery } from '@edgeflow/fold/memory';
import { HELD_WINDOWS } from '../devices/timed-updates.js';
import { DeviceStateRow } from '../rows/device-state.row.js';

/** What `HELD_WINDOWS` gives, in memory. */
export const heldWindowsModel = modelOfQuery(HELD_WINDOWS, async (tables) => {
  const keys = new Set<string>();
  for (const { held, held_window } of await tables.all(DeviceStateRow))
    if (held && held_window !== null) keys.add(held_window);
  return [...keys].map((key) => ({ key }));
});
