import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import { ON_THE_WAY } from '../rollouts/ways-back.js';
import { inOrder } from './in-order.js';
import { isOpen, isThePlanned, membersOf, type Joined } from './members.js';

function isMoved({ m, l }: Joined): boolean {
  return l.version === m.version && m.deadline_at !== null && m.from_version !== m.version;
}

const onTheWay = modelOfQuery(ON_THE_WAY, async (tables, of) =>
  (await membersOf(tables, of))
    .filter((one) => one.m.stage === 'forward' && one.m.device_id > of.after && isThePlanned(one))
    .filter((one) => isMoved(one) || isOpen(one.m) || one.m.status === 'failed')
    .toSorted(inOrder(({ m }) => [m.device_id]))
    .slice(0, of.limit)
    .map((one) => ({ device_id: one.m.device_id, moved: isMoved(one), state: one.l.state })),
);

export const waysBackModels: readonly Model[] = [onTheWay];
