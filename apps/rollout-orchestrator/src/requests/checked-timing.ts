import { Refused, type DataOf } from '@edgeflow/contracts';
import { START_AHEAD_MAX_MS } from '@edgeflow/device-update';
import { checkedWindow } from '../rollouts/checked-window.js';

/** Clocks differ, and a request takes its time: so much later a start is past, in milliseconds. */
const GRACE_MS = 30_000;

type Timing = Pick<DataOf<'UpdateRequested'>, 'start_at' | 'window' | 'ignore_window' | 'reason'>;

/**
 * Looks at when an update may be told, as somebody asked for it.
 * @param asked_at when it was asked for
 * @throws Refused `invalid-request` with the first thing that is wrong, in words, `reason-required`
 */
export function checkTiming({ start_at, window, ignore_window, reason }: Timing, asked_at: Date): void {
  checkStart({ start_at }, asked_at);
  if (window !== undefined) checkedWindow(window);
  if (ignore_window === true && (reason ?? '').trim() === '') {
    throw new Refused('reason-required', 'Say why: ignore_window needs a reason.');
  }
}

/**
 * Looks at when something is to start, an update or a rollout, as somebody asked for it.
 * @param asked_at when it was asked for
 * @throws Refused `invalid-request` for a start in the past, or more than a year ahead
 */
export function checkStart({ start_at }: { start_at?: string | undefined }, asked_at: Date): void {
  const ahead_ms = start_at === undefined ? 0 : Date.parse(start_at) - asked_at.getTime();
  if (ahead_ms < -GRACE_MS) throw new Refused('invalid-request', 'start_at must not be in the past');
  if (ahead_ms > START_AHEAD_MAX_MS) throw new Refused('invalid-request', 'start_at must be at most a year ahead');
}
