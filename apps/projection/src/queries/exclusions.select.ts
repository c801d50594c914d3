import { errorTable, isDeviceId } from '@edgeflow/contracts';
import { ExclusionRow } from '@edgeflow/rollout-rows';
import type { RolloutDevice, RolloutDevicesQuery } from '../http/rollout-devices.dto.js';
import { isStage } from './members.select.js';
import type { OfRollout } from './of-rollout.js';
import type { List } from './read-models.js';

/** The devices that are left out, each with its reason; they are in no wave. */
export function exclusionsOf(
  { org, rollout_id }: OfRollout,
  { stage, wave }: Pick<RolloutDevicesQuery, 'stage' | 'wave'>,
): List<ExclusionRow, Pick<ExclusionRow, 'stage' | 'device_id'>, RolloutDevice> {
  return {
    key: { stage: isStage, device_id: isDeviceId },
    keyOf: (row) => ({ stage: row.stage, device_id: row.device_id }),
    rows: async (tables, { last, take }) => {
      if (wave !== undefined) return [];
      const query = tables
        .createQueryBuilder(ExclusionRow, 'x')
        .where('x.org = :org AND x.rollout_id = :rollout_id', { org, rollout_id });
      if (stage !== undefined) query.andWhere('x.stage = :stage', { stage });
      if (last) {
        const behind = { last_stage: last.stage, last_id: last.device_id };
        query.andWhere('(x.stage, x.device_id) > (:last_stage, :last_id)', behind);
      }
      return query.orderBy('x.stage').addOrderBy('x.device_id').limit(take).getMany();
    },
    show: (rows) => rows.map(exclusionItem),
  };
}

function exclusionItem({ device_id, stage, reason }: ExclusionRow): RolloutDevice {
  const known = Object.entries(errorTable).find(([code]) => code === reason);
  return {
    ...{ device_id, wave: null, stage, status: 'excluded', version: null, from_version: null, attempt: 0 },
    ...{ update_id: null, attempts_on_version: null, code: reason, detail: known?.[1].title ?? null, reverted: false },
    ...{ not_before: null, changed_at: null, phase: null, progress: null },
  };
}
