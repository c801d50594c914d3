import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import { CLAIMED_MOVED, CLAIMED_OPEN, CLAIMED_WAITING, type OfClaimed } from '../rollouts/lost-devices.js';
import { isRecallable } from './candidates.model.js';
import { claimerIn } from './claims.model.js';
import { byPlace, membersOf, waitingIn, type Joined } from './members.js';

function claimed(query: typeof CLAIMED_OPEN, isOfKind: (one: Joined, of: OfClaimed) => boolean): Model {
  return modelOfQuery(query, async (tables, of) => {
    const claimer = await claimerIn(tables, of.org, of.claimers);
    return (await membersOf(tables, of))
      .filter((one) => one.m.stage === of.stage && isOfKind(one, of))
      .toSorted((a, b) => byPlace(b, a))
      .flatMap((one) => {
        const superseded_by = claimer(one.l);
        return superseded_by === undefined ? [] : [{ ...waitingIn(one), superseded_by }];
      })
      .slice(0, of.limit);
  });
}

export const lostDevicesModels: readonly Model[] = [
  claimed(CLAIMED_WAITING, ({ m }) => m.status === 'waiting'),
  claimed(CLAIMED_OPEN, isRecallable),
  claimed(CLAIMED_MOVED, ({ m, l }, { version }) => m.status === 'waiting' && !l.busy && l.version !== version),
];
