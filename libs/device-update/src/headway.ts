import type { DataOf, Phase } from '@edgeflow/contracts';

/**
 * How far a device has got with one try of an update, over all its boots and tunnels: `best`, and what it said `last`. `since` it came back last: it got further than
 * ever before, or began anew. `returns`: how often it came back and had not got further.
 */
export interface Headway {
  best: number;
  last: number;
  since?: 'further' | 'anew';
  returns: number;
}

const START: Headway = { best: -1, last: -1, returns: 0 };

/** So often a device comes back without having got further: each time it fetches the image anew, and may flash it. */
export const RETURNS_MAX = 10;

/** Behind the last per cent of the download come the other phases. */
const BEHIND: Record<Phase, number> = { downloading: 0, verifying: 101, installing: 102, rebooting: 103 };

/** Where it is now. */
export function withProgress(
  before: Headway = START,
  { phase, progress }: Pick<DataOf<'DeviceProgressReported'>, 'phase' | 'progress'>,
): Headway {
  const last = phase === 'downloading' ? progress : BEHIND[phase];
  if (last > before.best) return { ...before, best: last, last, since: 'further' };
  const since = before.since ?? (last < before.last ? 'anew' : undefined);
  return { ...before, last, ...(since && { since }) };
}

/**
 * It has come back and goes on. A tunnel that was lost, with no other boot, counts only where the device began anew in it: whoever goes on where it was has lost nothing.
 * @param rebooted in another boot than before
 */
export function afterReturn(before: Headway = START, rebooted: boolean): Headway {
  const { since, ...rest } = before;
  if (since === 'further') return { ...rest, returns: 0 };
  return rebooted || since === 'anew' ? { ...rest, returns: before.returns + 1 } : rest;
}
