import { Cron } from 'croner';
import { messageOf, type MaintenanceWindow } from '@edgeflow/contracts';

/** Whether devices may be told now, and until or from when. */
export type WindowState =
  { open: true; opened_at: string; closes_at: string } | { open: false; opens_at: string | null };

/** To read an expression, and above all a time zone, takes a while, and is asked of the same few again and again. */
const crons = new Map<string, Cron>();
const CRONS_MAX = 1_000;

/** A window as croner reads it. @throws Error in words when the expression or the time zone is none */
function cronOf(window: MaintenanceWindow): Cron {
  const key = JSON.stringify([window.cron, window.time_zone]);
  const cron = crons.get(key) ?? newCronOf(window);
  if (crons.size >= CRONS_MAX) crons.clear();
  crons.set(key, cron);
  return cron;
}

function newCronOf({ cron, time_zone }: MaintenanceWindow): Cron {
  if (cron.trim().split(/\s+/).length !== 5) throw new Error('cron must have five fields');
  if (!isTimeZone(time_zone)) throw new Error('time_zone must be an IANA name, as Europe/Berlin');
  return new Cron(cron, { timezone: time_zone, paused: true });
}

/** False for the empty one too: it would be that of the machine. */
function isTimeZone(name: string): boolean {
  try {
    return name !== '' && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** What is wrong with a window, in words; undefined when nothing is. */
export function windowProblem(window: MaintenanceWindow | undefined): string | undefined {
  if (!window) return undefined;
  try {
    // From which time on is all the same: the expression has no year.
    return cronOf(window).nextRun(new Date(0)) === null ? 'window never opens' : undefined;
  } catch (error) {
    // Croner names the class that found it.
    return `window cannot be read: ${messageOf(error).replace(/^Cron\w+: /, '')}`;
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
  return { open: false, opens_at: nextOpening(window, at) };
}

/** When a window opens next, ISO 8601; of one that is open, when it opens the next time. Null when it never does. */
export function nextOpening(window: MaintenanceWindow, at: Date): string | null {
  return cronOf(window).nextRun(at)?.toISOString() ?? null;
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
