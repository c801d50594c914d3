import { dueAt, owe, spend, type Allowance } from './event-allowance.js';
import type { ReportEffect } from './session.state.js';

/** What a device has left, and what it said that waits for room in it: the newest of each kind, in the order in which it was said. */
export interface Paced {
  allowance: Allowance;
  waiting: readonly ReportEffect[];
}

/** After a step, and what is to be written now, in this order. */
export interface PacedStep {
  paced: Paced;
  write: readonly ReportEffect[];
}

/** What reports leave untouched: a device that says too much can still come back after a reboot, and prove its update. */
const KEPT = 10;

/**
 * Takes one report at `at` (milliseconds). Of what is too much the newest is written when there is room again. What ends an update is
 * written at once, after what waits: it may depend on it.
 */
export function pace({ allowance, waiting }: Paced, report: ReportEffect, per_minute: number, at: number): PacedStep {
  const all = [...waiting.filter((other) => !isReplacedBy(other, report)), report];
  return ends(report)
    ? atOnce({ allowance, waiting: all }, per_minute, at)
    : paceOn({ allowance, waiting: all }, per_minute, at);
}

/** Writes what there is room for by now. */
export function paceOn({ allowance, waiting }: Paced, per_minute: number, at: number): PacedStep {
  const write: ReportEffect[] = [];
  let left = allowance;
  for (const report of waiting) {
    const next = spend(left, 1, { per_minute, at, keep: KEPT });
    if (!next) break;
    left = next;
    write.push(report);
  }
  return { paced: { allowance: left, waiting: waiting.slice(write.length) }, write };
}

/** Writes all that waits: the session ends, or an update does. */
export function atOnce({ allowance, waiting }: Paced, per_minute: number, at: number): PacedStep {
  return { paced: { allowance: owe(allowance, waiting.length, per_minute, at), waiting: [] }, write: waiting };
}

/** When what waits may be written, in milliseconds; undefined when nothing waits. */
export function paceDueAt({ allowance, waiting }: Paced, per_minute: number): number | undefined {
  return waiting.length === 0 ? undefined : dueAt(allowance, KEPT + 1, per_minute);
}

function ends(report: ReportEffect): boolean {
  return report.type === 'report-failed' || (report.type === 'report-version' && report.proves);
}

/** A newer word of the same kind takes the place of an older one; but a boot that has to stay in the log is not lost to one that has not. */
function isReplacedBy(waiting: ReportEffect, report: ReportEffect): boolean {
  if (waiting.type !== report.type) return false;
  return waiting.type !== 'report-version' || report.type !== 'report-version' || report.lasting || !waiting.lasting;
}
