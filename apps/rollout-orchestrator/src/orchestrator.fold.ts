import type { StoredEvent } from '@edgeflow/contracts';
import type { FoldDefinition } from '@edgeflow/fold';
import {
  ExclusionRow,
  FleetWindowRow,
  MemberRow,
  RolloutRow,
  foldFleetWindows,
  foldRollouts,
  passRollouts,
} from '@edgeflow/rollout-rows';
import { FirmwareRow } from './firmware.row.js';
import { foldFirmware, passOverFirmware } from './fold-firmware.js';
import { foldTrust, passOverTrust } from './fold-trust.js';
import { DeviceLaneRow } from './lanes/device-lane.row.js';
import { foldLanes, passOverLanes } from './lanes/fold-lanes.js';
import { TrustRow } from './trust.row.js';

export const ENTITIES = [DeviceLaneRow, FirmwareRow, TrustRow, FleetWindowRow, RolloutRow, MemberRow, ExclusionRow];

/** The fold of everything that decisions depend on. @param committed told of every batch whose rows are there */
export const orchestratorFold = (committed: (batch: readonly StoredEvent[]) => void): FoldDefinition => ({
  name: 'rollout-orchestrator-fold',
  version: 6,
  entities: ENTITIES,
  filters: ['ota.>'],
  apply: async (batch, tx) => {
    await foldFirmware(batch, tx);
    await foldTrust(batch, tx);
    await foldFleetWindows(batch, tx);
    await foldLanes(batch, tx);
    await foldRollouts(batch, tx);
  },
  passOver: async (unread, tx) => {
    await passOverFirmware(unread, tx);
    await passOverTrust(unread, tx);
    await passOverLanes(unread, tx);
    await passRollouts(unread, tx);
  },
  committed,
});
