import { Cron } from 'croner';
import type { MaintenanceWindow } from '@edgeflow/contracts';

/** Whether devices may be told now, and until or from when. */
export type WindowState = { open: true; closes_at: string } | { open: false; opens_at: string | null };

/** A window as croner reads it. @throws Error in words when the expression or the time zone is none */
function cronOf({ cron, time_zone }: MaintenanceWindow): Cron {
  if (cron.trim().split(/\s+/).length !== 5) throw new Error('cron must have five fields');
  const parsed = new Cron(cron, { timezone: time_zone, paused: true });
  parsed.nextRun(); // An unknown time zone is found out here.
  return parsed;
}

/** What is wrong with a window, in words; undefined when nothing is. */
export function windowProblem(window: MaintenanceWindow | undefined): string | undefined {
  if (!window) return undefined;
  try {
    cronOf(window);
    return undefined;
  } catch (error) {
    return `window cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Where a window is at a time. In a night of the clock change it opens as cron does: an hour that is left out is made up for. */
export function windowAt(window: MaintenanceWindow, at: Date): WindowState {
  const cron = cronOf(window);
  const duration_ms = window.duration_s * 1000;
  // Seconds are not in the expression, so an occurrence at this very second counts as past a second later.
  const [latest] = cron.previousRuns(1, new Date(at.getTime() + 1000));
  const closes = latest ? latest.getTime() + duration_ms : 0;
  if (latest && latest <= at && at.getTime() < closes) return { open: true, closes_at: new Date(closes).toISOString() };
  return { open: false, opens_at: cron.nextRun(at)?.toISOString() ?? null };
}
