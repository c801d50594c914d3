import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import { LOST_SUCCESSES } from '../rollouts/lost-successes.js';
import { byPlace, membersOf, updateIn, waitingIn, type Joined } from './members.js';

function isRemoved({ m, l }: Joined): boolean {
  return l.born_after !== null && l.born_after > m.planned_position;
}

/** It runs something else, is told nothing at the moment, and nobody is about to write down that it did not keep the version. */
function runsElse({ m, l }: Joined): boolean {
  const { status, postponed } = updateIn(l);
  const isTold = l.busy && (status !== 'queued' || postponed !== undefined);
  if (l.version === null || l.version === m.version || l.registration !== 'registered') return false;
  return !isTold && l.state.kept?.lost === undefined;
}

const lostSuccesses = modelOfQuery(LOST_SUCCESSES, async (tables, of) => {
  const { waves, limit } = of;
  return (await membersOf(tables, of))
    .filter(({ m }) => m.stage === 'forward' && m.status === 'succeeded' && !m.reverted && waves.includes(m.wave))
    .filter((one) => isRemoved(one) || one.l.registration === 'revoked' || runsElse(one))
    .toSorted(byPlace)
    .slice(0, limit)
    .map((one) => ({ ...waitingIn(one), update_id: one.m.update_id as string, removed: isRemoved(one) }));
});

export const lostSuccessesModels: readonly Model[] = [lostSuccesses];
