import type { Phase } from '@edgeflow/contracts';

/** What a device said of its progress. */
export interface ProgressPoint {
  phase: Phase;
  /** 0 to 100. */
  progress: number;
}

/** What went to the log last, and what waits for its second to pass. */
export interface Coalescing {
  last?: ProgressPoint & { at: number };
  pending?: ProgressPoint;
}

/** The coalescer after a step, and the point that is to be written now, if any. */
export interface Coalesced {
  coalescing: Coalescing;
  emit?: ProgressPoint;
}

/** On a phase change, else at most one a second and only when it moved by 5 points. */
const QUIET_MS = 1_000;
const STEP_POINTS = 5;

/** Takes one report at `at` (milliseconds). Whatever the device says, the log is never 5 points behind for longer than a second. */
export function takeProgress({ last }: Coalescing, point: ProgressPoint, at: number): Coalesced {
  if (last?.phase !== point.phase) return emitted(point, at);
  if (Math.abs(point.progress - last.progress) < STEP_POINTS) return { coalescing: { last } };
  if (at - last.at >= QUIET_MS) return emitted(point, at);
  return { coalescing: { last, pending: point } };
}

/** Writes what waits, when its time has come. */
export function flushProgress(coalescing: Coalescing, at: number): Coalesced {
  const due = flushDueAt(coalescing);
  if (coalescing.pending === undefined || due === undefined || at < due) return { coalescing };
  return emitted(coalescing.pending, at);
}

/** When the waiting point may be written, in milliseconds; undefined when none waits. */
export function flushDueAt({ last, pending }: Coalescing): number | undefined {
  return pending && last && last.at + QUIET_MS;
}

function emitted(point: ProgressPoint, at: number): Coalesced {
  return { coalescing: { last: { ...point, at } }, emit: point };
}
