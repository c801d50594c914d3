import type { EntityManager } from 'typeorm';
import type { DataOf, MaintenanceWindow } from '@edgeflow/contracts';
import { commonOpening, windowAt } from '@edgeflow/rollout';
import { FleetWindowRow } from '@edgeflow/rollout-rows';
import type { DeviceRow } from '../../rows/device.row.js';
import type { TimelineRow } from '../../rows/timeline.row.js';

/** What an update waits for besides its device, in numbers and in one sentence. */
export type TimedWait = { text: string } & (
  | { reason: 'start_time'; at: string }
  | { reason: 'window' | 'fleet_window'; opens_at: string | null }
  | { reason: 'window_never_opens'; code: 'window-never-opens' }
);

/** What an update that was asked for by itself waits for besides its device: its start, its window, and that of its fleet. */
export async function beforeItsTime(
  tables: EntityManager,
  { org, fleet }: DeviceRow,
  { data }: TimelineRow,
  at: Date,
): Promise<TimedWait[]> {
  const { rollout_id, rollback, start_at, window, ignore_window } = data as DataOf<'UpdateQueued'>;
  if (rollout_id !== undefined || rollback === true) return [];
  const keeps = fleet !== null && ignore_window !== true;
  const ofFleet = keeps ? await tables.findOneBy(FleetWindowRow, { org, fleet }) : null;
  const waits = [
    start_at !== undefined && Date.parse(start_at) > at.getTime() ? startsAt(start_at) : undefined,
    window && closed('window', 'The window of the update', window, at),
    ofFleet ? closed('fleet_window', `The maintenance window of fleet ${fleet}`, ofFleet.window, at) : undefined,
    neverOpens([window, ofFleet?.window], { start_at, at }),
  ];
  return waits.filter((wait) => wait !== undefined);
}

function startsAt(at: string): TimedWait {
  return { reason: 'start_time', at, text: `The update is not to be told before ${at}.` };
}

/** Windows may be moved so that they have no time in common any more: what was accepted before waits for nothing then. */
function neverOpens(
  windows: (MaintenanceWindow | undefined)[],
  { start_at, at }: { start_at: string | undefined; at: Date },
): TimedWait | undefined {
  const from = new Date(Math.max(at.getTime(), start_at === undefined ? 0 : Date.parse(start_at)));
  const all = windows.filter((one) => one !== undefined);
  if (commonOpening(all, from)) return undefined;
  const which =
    all.length > 1
      ? 'The window of the update and that of its fleet are never open together'
      : 'The window never opens';
  const text = `${which} within a year: move a window, or cancel the update; it fails at its deadline.`;
  return { reason: 'window_never_opens', code: 'window-never-opens', text };
}

function closed(
  reason: 'window' | 'fleet_window',
  which: string,
  window: MaintenanceWindow,
  at: Date,
): TimedWait | undefined {
  const state = windowAt(window, at);
  if (state.open) return undefined;
  const { opens_at } = state;
  return { reason, opens_at, text: `${which} is closed; it opens at ${opens_at ?? 'no time that is known'}.` };
}
