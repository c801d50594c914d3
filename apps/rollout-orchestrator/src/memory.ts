import type { Model } from '@edgeflow/fold/memory';
import { dueDevicesModel, waitingForRevokedModel } from './memory/due-devices.model.js';
import { devicesOfFirmwareModel, rolloutsOfFirmwareModel } from './memory/firmware-use.model.js';
import { rolloutModels } from './memory/rollout-models.js';
import { heldWindowsModel } from './memory/timed-updates.model.js';

/** What the orchestrator's named queries are in memory, besides those of its libraries. */
export const orchestratorModels: readonly Model[] = [
  ...[dueDevicesModel, waitingForRevokedModel],
  ...[devicesOfFirmwareModel, rolloutsOfFirmwareModel],
  ...[heldWindowsModel],
  ...rolloutModels,
];
