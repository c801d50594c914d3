import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import type { FoldDefinition } from '@edgeflow/fold';
import {
  ExclusionRow,
  FleetWindowRow,
  MemberRow,
  RolloutRow,
  foldFleetWindows,
  foldRollouts,
} from '@edgeflow/rollout-rows';
import { FirmwareRow } from './firmware.row.js';
import { DeviceLaneRow } from './lanes/device-lane.row.js';
import { foldLanes } from './lanes/fold-lanes.js';

export const ENTITIES = [DeviceLaneRow, FirmwareRow, FleetWindowRow, RolloutRow, MemberRow, ExclusionRow];

/** The fold of everything that decisions depend on. @param committed told of every batch whose rows are there */
export const orchestratorFold = (committed: (batch: readonly StoredEvent[]) => void): FoldDefinition => ({
  name: 'rollout-orchestrator-fold',
  version: 3,
  entities: ENTITIES,
  filters: ['ota.>'],
  apply: async (batch, tx) => {
    await foldFirmware(batch, tx);
    await foldFleetWindows(batch, tx);
    await foldLanes(batch, tx);
    await foldRollouts(batch, tx);
  },
  committed,
});

async function foldFirmware(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  for (const event of batch) {
    if (event.type === 'FirmwareUploaded') {
      const { firmware_id, model, version, sha256, size, key, min_version = null } = event.data;
      const row = { org: event.org, firmware_id, model, version, sha256, size, key, min_version, revoked: false };
      await tx.upsert(FirmwareRow, row, ['org', 'firmware_id']);
    } else if (event.type === 'FirmwareRevoked') {
      await tx.update(FirmwareRow, { org: event.org, firmware_id: event.data.firmware_id }, { revoked: true });
    }
  }
}
