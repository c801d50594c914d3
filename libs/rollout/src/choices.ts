import { isDeclined, isPostponed, type Member } from './member.js';
import { wavesIn } from './placement.js';
import type { AcceptedRollout, Choices } from './rollout.state.js';

/** What somebody at a device may choose, and how it is seen. */
const CHOICES = { postponed: isPostponed, declined: isDeclined } as const;

/** The numbers of a wave after one of its devices has changed; empty where nobody chose anything. */
export function choicesAfter(wave: Choices, before: Member, after: Member): Choices {
  const next: Choices = {};
  for (const choice of ['postponed', 'declined'] as const) {
    const holds = CHOICES[choice];
    const n = (wave[choice] ?? 0) + Number(holds(after)) - Number(holds(before));
    if (n > 0 || wave[choice] !== undefined) next[choice] = n;
  }
  return next;
}

/** True for a device that is told of its update now: for the first time, or again after somebody wanted it later. */
export function isTold(before: Member, after: Member): boolean {
  const works = (member: Member): boolean => member.status === 'in_flight' && !isPostponed(member);
  return works(after) && !works(before);
}

/** Devices of both stages that are in flight, and that somebody wants to update later: they take no place of `max_in_flight`. */
export function postponedIn(rollout: AcceptedRollout): number {
  const waves = [...rollout.waves, ...wavesIn(rollout, 'rollback')];
  return waves.reduce((sum, { postponed = 0 }) => sum + postponed, 0);
}
