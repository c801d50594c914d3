import type { WaitingFor } from './waiting-for.js';

/** What one thing that a rollout waits for says of when that is over; undefined where the clock does not say it. */
function timeOf(waiting: WaitingFor): string | null | undefined {
  switch (waiting.reason) {
    case 'start_time':
      return waiting.at;
    case 'soak':
      return waiting.until;
    case 'window':
    case 'fleet_window':
      return waiting.opens_at;
    case 'backoff':
    case 'devices_postponed':
      return waiting.next_at;
    default:
      return undefined;
  }
}

/** What holds up a whole rollout, until it is over or somebody decides. */
const WHOLE: readonly WaitingFor['reason'][] = ['approval', 'operator', 'gate', 'start_time', 'soak', 'window'];

/**
 * When a rollout goes on that waits for all of this, as far as the clock says that: the last of what holds up all of it, else the first of what keeps single devices.
 * Null where it waits for somebody, or for no time.
 */
export function nextTime(waits: readonly WaitingFor[]): string | null {
  const whole = waits.filter(({ reason }) => WHOLE.includes(reason)).map(timeOf);
  if (whole.some((time) => typeof time !== 'string')) return null;
  const last = whole
    .filter((time) => typeof time === 'string')
    .toSorted()
    .at(-1);
  const single = waits.map(timeOf).filter((time) => typeof time === 'string');
  return last ?? single.toSorted()[0] ?? null;
}
