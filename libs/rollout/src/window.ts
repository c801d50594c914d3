import { Cron } from 'croner';
import type { MaintenanceWindow } from '@edgeflow/contracts';

/** Whether devices may be told now, and until or from when. */
export type WindowState =
  { open: true; opened_at: string; closes_at: string } | { open: false; opens_at: string | null };

/** A window as croner reads it. @throws Error in words when the expression or the time zone is none */
function cronOf({ cron, time_zone }: MaintenanceWindow): Cron {
  if (cron.trim().split(/\s+/).length !== 5) throw new Error('cron must have five fields');
  if (time_zone === '') throw new Error('time_zone must be an IANA name'); // It would be that of the machine.
  return new Cron(cron, { timezone: time_zone, paused: true });
}

/** What is wrong with a window, in words; undefined when nothing is. */
export function windowProblem(window: MaintenanceWindow | undefined): string | undefined {
  if (!window) return undefined;
  try {
    // An unknown time zone is found out here. From which time on is all the same: the expression has no year.
    return cronOf(window).nextRun(new Date(0)) === null ? 'window never opens' : undefined;
  } catch (error) {
    return `window cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Where a window is at a time. In a night of the clock change it opens as cron does: an hour that is left out is made up for. */
export function windowAt(window: MaintenanceWindow, at: Date): WindowState {
  const cron = cronOf(window);
  const duration_ms = window.duration_s * 1000;
  // Occurrences are at whole seconds: the last one before the next second is the last one so far.
  const [latest] = cron.previousRuns(1, new Date(Math.floor(at.getTime() / 1000) * 1000 + 1000));
  const closes = latest ? latest.getTime() + duration_ms : 0;
  if (latest && at.getTime() < closes) {
    return { open: true, opened_at: latest.toISOString(), closes_at: new Date(closes).toISOString() };
  }
  return { open: false, opens_at: cron.nextRun(at)?.toISOString() ?? null };
}

/**
 * True when a device that waits has had its chance in a window: it is open, and has been for as long as the device may wait, or for half
 * of its length where that is shorter. So nobody has waited in vain just because the window was closed, and every wait ends.
 */
export function hadItsChance(window: MaintenanceWindow, at: Date, waiting_s: number): boolean {
  const state = windowAt(window, at);
  if (!state.open) return false;
  const enough_s = Math.min(waiting_s, window.duration_s / 2);
  return Date.parse(state.opened_at) + enough_s * 1000 <= at.getTime();
}
