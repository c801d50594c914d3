import type { StoredEvent } from '@edgeflow/contracts';
import { pipelined, type FoldDefinition } from '@edgeflow/fold';
import {
  ExclusionRow,
  FleetWindowRow,
  MemberRow,
  RolloutRow,
  foldFleetWindows,
  foldRollouts,
  passRollouts,
} from '@edgeflow/rollout-rows';
import { FirmwareRow } from '../rows/firmware.row.js';
import { foldFirmware, passOverFirmware } from './fold-firmware.js';
import { foldTrust, passOverTrust } from './fold-trust.js';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { foldDeviceStates, passOverDeviceStates } from './fold-devices.js';
import { TrustRow } from '../rows/trust.row.js';
import { UpdateOwnerRow } from '../rows/update-owner.row.js';
import { foldUpdateOwners } from './fold-update-owners.js';

/** The service's own schema. */
export const SCHEMA = 'orchestrator';
/** Raise it by one, once in a release that changes the rows. */
export const VERSION = 12;
export const ENTITIES = [
  ...[DeviceStateRow, UpdateOwnerRow, FirmwareRow, TrustRow],
  ...[FleetWindowRow, RolloutRow, MemberRow, ExclusionRow],
];

/** The fold of everything that decisions depend on. @param committed told of every batch whose rows are there */
export const orchestratorFold = (committed: (batch: readonly StoredEvent[]) => void): FoldDefinition => ({
  name: 'rollout-orchestrator-fold',
  version: VERSION,
  filters: ['ota.>'],
  // No two of them touch the same table.
  apply: async (batch, tx) => {
    await pipelined(
      foldFirmware(batch, tx),
      foldTrust(batch, tx),
      foldFleetWindows(batch, tx),
      foldDeviceStates(batch, tx),
      foldUpdateOwners(batch, tx),
      foldRollouts(batch, tx),
    );
  },
  passOver: async (unread, tx) => {
    await passOverFirmware(unread, tx);
    await passOverTrust(unread, tx);
    await passOverDeviceStates(unread, tx);
    await passRollouts(unread, tx);
  },
  committed,
});
