import { modelOfQuery, type Model } from '@edgeflow/fold/memory';
import { MemberRow } from '@edgeflow/rollout-rows';
import { SHARES } from '../rollouts/shared-devices.js';
import { inOrder } from './in-order.js';
import { isOpen } from './members.js';

const shares = modelOfQuery(SHARES, async (tables, { org, devices, rollout_id }) => {
  const all = (await tables.all(MemberRow))
    .filter((row) => row.org === org && row.rollout_id !== rollout_id && devices.includes(row.device_id) && isOpen(row))
    .toSorted(inOrder((row) => [row.device_id, row.rollout_id, row.status]));
  const isFirst = (row: MemberRow, before: MemberRow | undefined): boolean =>
    row.device_id !== before?.device_id || row.rollout_id !== before.rollout_id;
  return all
    .filter((row, index) => isFirst(row, all[index - 1]))
    .map((row) => ({ device_id: row.device_id, rollout_id: row.rollout_id, status: row.status }));
});

export const sharedDevicesModels: readonly Model[] = [shares];
