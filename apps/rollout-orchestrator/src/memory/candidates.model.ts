import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import { RECALLABLE_DEVICES, UNREACHABLE, type OfWaves } from '../rollouts/candidates.js';
import { byPlace, isThePlanned, membersOf, updateIn, waitingIn, type Joined } from './members.js';

/** What `OF_WAVES` asks of a device of the rollout. */
export function waitsIn({ stage, waves }: Pick<OfWaves, 'stage' | 'waves'>): (one: Joined) => boolean {
  return (one) =>
    one.m.stage === stage && one.m.status === 'waiting' && waves.includes(one.m.wave) && isThePlanned(one);
}

const unreachable = modelOfQuery(UNREACHABLE, async (tables, of) => {
  const { since, fleets, limit } = of;
  return (await membersOf(tables, of))
    .filter(waitsIn(of))
    .filter(({ l }) => (l.busy || !l.online) && (l.fleet === null || !fleets.includes(l.fleet)))
    .filter(({ m }) => m.changed_at <= since && (m.not_before === null || m.not_before <= since))
    .toSorted(byPlace)
    .slice(0, limit)
    .map(waitingIn);
});

/** What `RECALLABLE` asks of a device of the rollout. */
export function isRecallable({ m, l }: Joined): boolean {
  const { status, phase, postponed } = updateIn(l);
  if (m.status !== 'in_flight' || (status !== 'queued' && status !== 'dispatched')) return false;
  return !['installing', 'rebooting'].includes(phase ?? postponed?.phase ?? '');
}

const recallable = modelOfQuery(RECALLABLE_DEVICES, async (tables, of) => {
  const { stages, waves, limit } = of;
  return (await membersOf(tables, of))
    .filter((one) => stages.includes(one.m.stage) && isRecallable(one))
    .filter(({ m }) => waves === null || waves.includes(m.wave))
    .toSorted((a, b) => a.m.rank - b.m.rank || (a.m.stage < b.m.stage ? -1 : 1))
    .slice(0, limit)
    .map(waitingIn);
});

export const candidatesModels: readonly Model[] = [unreachable, recallable];
