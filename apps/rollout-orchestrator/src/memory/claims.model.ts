import { modelOfQuery, type Model, type ModelTables } from '@edgeflow/fold/memory';
import { ExclusionRow, MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { LATER_CLAIMERS, type Claimers } from '../rollouts/claims.js';
import type { DeviceStateRow } from '../rows/device-state.row.js';
import { isOpen } from './members.js';

const laterClaimers = modelOfQuery(LATER_CLAIMERS, async (tables, of) => {
  const { org, first_position, priority, version } = of;
  return (await tables.all(RolloutRow))
    .filter((row) => row.org === org && row.claims && row.first_position > first_position && row.version !== version)
    .toSorted((a, b) => a.first_position - b.first_position)
    .map((row) => ({ rollout_id: row.rollout_id, status: row.status, lower: row.priority < priority }));
});

export const claimsModels: readonly Model[] = [laterClaimers];

/** What `claimerOf` says, of the devices of an organization: undefined for none. */
export async function claimerIn(
  tables: ModelTables,
  org: string,
  { all, aborted, lower }: Claimers,
): Promise<(device: DeviceStateRow) => string | undefined> {
  const any = [...all, ...lower];
  const members = (await tables.all(MemberRow)).filter(
    (row) => row.org === org && row.stage === 'forward' && any.includes(row.rollout_id),
  );
  const leftOut = (await tables.all(ExclusionRow)).filter(
    (row) => row.org === org && row.stage === 'forward' && all.includes(row.rollout_id),
  );
  const has = (member: MemberRow): boolean => {
    if (member.status === 'succeeded') return true;
    if (lower.includes(member.rollout_id)) return false;
    if (member.status === 'failed') return !aborted.includes(member.rollout_id);
    return isOpen(member) || (member.status === 'skipped' && member.code === 'already-on-target');
  };
  return ({ device_id, born_after }) => {
    const isOfIt = (row: MemberRow | ExclusionRow): boolean =>
      row.device_id === device_id && (born_after === null || row.planned_position > born_after);
    const found = [
      ...members.filter((row) => isOfIt(row) && has(row)),
      ...leftOut.filter((row) => isOfIt(row) && row.reason === 'already-on-target'),
    ];
    return found.map(({ rollout_id }) => rollout_id).toSorted()[0];
  };
}
