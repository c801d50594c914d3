import { modelOfQuery, type Model, type ModelTables } from '@edgeflow/fold/memory';
import { ExclusionRow, MemberRow } from '@edgeflow/rollout-rows';
import { JOINERS, type OfJoiners } from '../rollouts/joiners.js';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { claimerIn } from './claims.model.js';
import { inOrder } from './in-order.js';
import { isOpen } from './members.js';
import { candidateIn, mayBeTargeted } from './targets.model.js';

const joiners = modelOfQuery(JOINERS, async (tables, of) => {
  const { org, wanted, versions, claimers, limit } = of;
  const claimer = await claimerIn(tables, org, claimers);
  const isPlanned = await plannedIn(tables, of);
  return (await tables.all(DeviceStateRow))
    .filter(mayBeTargeted(of))
    .filter((device) => !isPlanned(device) && claimer(device) === undefined)
    .filter(({ busy, registration }) => !busy && registration !== 'unknown')
    .filter(({ unconfirmed, version }) => !unconfirmed || version === wanted)
    .filter(({ version }) => versions === null || (version !== null && versions.includes(version)))
    .toSorted(inOrder(({ device_id }) => [device_id]))
    .slice(0, limit)
    .map(candidateIn);
});

/** The opposite of `UNPLANNED`. */
async function plannedIn(tables: ModelTables, of: OfJoiners): Promise<(device: DeviceStateRow) => boolean> {
  const { passing, models } = of;
  const isForward = ({ org, rollout_id, stage }: MemberRow | ExclusionRow): boolean =>
    org === of.org && rollout_id === of.rollout_id && stage === 'forward';
  const members = (await tables.all(MemberRow)).filter(isForward);
  const leftOut = (await tables.all(ExclusionRow)).filter((row) => isForward(row) && !passing.includes(row.reason));
  return ({ device_id, born_after, registration, model }) => {
    const isOfIt = (row: MemberRow | ExclusionRow): boolean => born_after === null || row.planned_position > born_after;
    const holds = ({ reason }: ExclusionRow): boolean => {
      if (reason === 'device-revoked') return registration !== 'registered';
      // Of a device without a model SQL knows neither: it counts as taken back.
      return reason !== 'model-mismatch' || (model !== null && !models.includes(model));
    };
    return (
      members.some((row) => row.device_id === device_id && (isOfIt(row) || isOpen(row))) ||
      leftOut.some((row) => row.device_id === device_id && isOfIt(row) && holds(row))
    );
  };
}

export const joinersModels: readonly Model[] = [joiners];
