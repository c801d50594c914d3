import { stepsIn, type StoredEvent } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import { UpdateOwnerRow } from '../rows/update-owner.row.js';

/** Keeps whose updates were accepted in a batch, and whose became none: the answer to a request names them as well. */
export function foldUpdateOwners(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  const rows = batch
    .flatMap(stepsIn)
    .flatMap(({ org, type, data }) =>
      type === 'UpdateQueued' || ((type === 'UpdateSkipped' || type === 'UpdateRejected') && isOfRequest(data))
        ? [{ org, update_id: data.update_id, device_id: data.device_id }]
        : [],
    );
  return tx.add(UpdateOwnerRow, rows);
}

/** What a rollout does not tell a device nobody was given the id of. */
function isOfRequest({ rollout_id }: { rollout_id?: string }): boolean {
  return rollout_id === undefined;
}
