import type { Phase } from '@edgeflow/contracts';

/** What a device said of its progress. */
export interface ProgressPoint {
  phase: Phase;
  /** 0 to 100. */
  progress: number;
}

/** What went to the log last and when, and the newest point that waits until it is `due`, both in milliseconds. */
export interface Coalescing {
  last?: ProgressPoint & { at: number };
  pending?: ProgressPoint & { due: number };
}

/** The coalescer after a step, and the point that is to be written now, if any. */
export interface Coalesced {
  coalescing: Coalescing;
  emit?: ProgressPoint;
}

/** A phase waits so long for the next one, and between two points of one phase lies as much. */
const QUIET_MS = 1_000;
const STEP_POINTS = 5;

/**
 * Takes one report at `at` (milliseconds). Phases that pass within a second are one report, of the newest (ADR-0053). Whatever the device says, the log is never a phase,
 * nor 5 points of one, behind for longer than a second.
 */
export function takeProgress({ last, pending }: Coalescing, point: ProgressPoint, at: number): Coalesced {
  if (last?.phase !== point.phase) return waiting(last, point, pending?.due ?? at + QUIET_MS);
  if (Math.abs(point.progress - last.progress) < STEP_POINTS) return { coalescing: { last } };
  if (at - last.at >= QUIET_MS) return writtenAtOnce(point, at);
  return waiting(last, point, pending?.due ?? last.at + QUIET_MS);
}

/** Writes what waits, when its time has come. */
export function flushProgress(coalescing: Coalescing, at: number): Coalesced {
  const due = flushDueAt(coalescing);
  return due === undefined || at < due ? { coalescing } : pendingWritten(coalescing, at);
}

/** Writes what waits at once: what is written next may depend on it. */
export function pendingWritten(coalescing: Coalescing, at: number): Coalesced {
  const { pending } = coalescing;
  return pending ? writtenAtOnce({ phase: pending.phase, progress: pending.progress }, at) : { coalescing };
}

/** Writes a point without a wait for the next one: much hangs on it. */
export function writtenAtOnce(point: ProgressPoint, at: number): Coalesced {
  return { coalescing: { last: { ...point, at } }, emit: point };
}

/** When the waiting point may be written, in milliseconds; undefined when none waits. */
export function flushDueAt({ pending }: Coalescing): number | undefined {
  return pending?.due;
}

/** The newest that the device said, written or not. */
export function newestOf({ last, pending }: Coalescing): ProgressPoint | undefined {
  return pending ?? last;
}

function waiting(last: Coalescing['last'], point: ProgressPoint, due: number): Coalesced {
  return { coalescing: { ...(last && { last }), pending: { ...point, due } } };
}
