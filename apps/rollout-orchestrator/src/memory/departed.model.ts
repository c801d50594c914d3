import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import type { AcceptedRollout } from '@edgeflow/rollout';
import { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { DEPARTED } from '../rollouts/departed.js';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { inOrder } from './in-order.js';

const departed = modelOfQuery(DEPARTED, async (tables, { limit }) => {
  const reborn = (await tables.all(DeviceStateRow)).filter(({ born_after }) => born_after !== null);
  if (reborn.length === 0) return [];
  const waiting = (await tables.all(MemberRow)).filter(({ status }) => status === 'waiting');
  const rollouts = await tables.all(RolloutRow);
  return waiting
    .flatMap((m) => {
      const l = reborn.find((row) => row.org === m.org && row.device_id === m.device_id);
      const r = rollouts.find((row) => row.org === m.org && row.rollout_id === m.rollout_id);
      return l && r && (l.born_after ?? 0) > m.planned_position ? [{ m, l, r }] : [];
    })
    .toSorted(inOrder(({ m, l }) => [l.born_after ?? 0, m.rollout_id, m.device_id, m.org, m.stage]))
    .slice(0, limit)
    .map(({ m: { org, rollout_id, device_id, stage, wave, version, attempt }, l, r }) => ({
      ...{ org, rollout_id, device_id, stage, wave, version, attempt },
      ...{ lane_position: l.lane_position, state: l.state, rollout: r.state as AcceptedRollout },
    }));
});

export const departedModels: readonly Model[] = [departed];
