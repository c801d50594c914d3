import { modelOfQuery, type Model, type ModelTables } from '@edgeflow/fold/memory';
import { ExclusionRow } from '@edgeflow/rollout-rows';
import { TO_BRING_BACK, type OfRollback } from '../rollouts/bring-back.js';
import { isOpen, isThePlanned, membersOf, type Joined } from './members.js';

const toBringBack = modelOfQuery(TO_BRING_BACK, async (tables, of) => {
  const all = await membersOf(tables, of);
  const planned = await plannedIn(tables, of, all);
  return all
    .filter((one) => wasToldOf(one) && !planned.has(one.m.device_id) && !isBroughtByAnother(one, of))
    .filter((one) => one.l.version === one.m.version || (!of.over && wasTakenOn(one)))
    .toSorted((a, b) => a.m.rank - b.m.rank)
    .slice(0, of.limit)
    .map(({ m: { device_id }, l: { state } }) => ({ device_id, state }));
});

/** The devices of the rollback, and those without a way: the opposite of `UNPLANNED`. */
async function plannedIn(tables: ModelTables, of: OfRollback, all: readonly Joined[]): Promise<ReadonlySet<string>> {
  const leftOut = (await tables.all(ExclusionRow)).filter(
    ({ org, rollout_id, stage }) => org === of.org && rollout_id === of.rollout_id && stage === 'rollback',
  );
  const members = all.flatMap(({ m }) => (m.stage === 'rollback' ? [m] : []));
  return new Set([...members, ...leftOut].map(({ device_id }) => device_id));
}

/** `TOLD` */
function wasToldOf(one: Joined): boolean {
  const { m } = one;
  return (
    m.stage === 'forward' && m.deadline_at !== null && !isOpen(m) && m.from_version !== m.version && isThePlanned(one)
  );
}

/** `TAKEN_ON` */
function wasTakenOn({ m, l }: Joined): boolean {
  const hasRunIt = m.status === 'succeeded' || m.reverted || l.state.good.includes(m.version);
  return l.version !== m.from_version && hasRunIt;
}

/** `BROUGHT_BY_ANOTHER` */
function isBroughtByAnother({ m, l }: Joined, { rollout_id, over }: OfRollback): boolean {
  const { told = [] } = l.state;
  return told.some(
    (one) => one.version === m.version && one.rollout_id !== rollout_id && (one.completed === true || over),
  );
}

export const bringBackModels: readonly Model[] = [toBringBack];
