import type { Model } from '@edgeflow/fold/memory';
import { bringBackModels } from './bring-back.model.js';
import { candidatesModels } from './candidates.model.js';
import { claimsModels } from './claims.model.js';
import { departedModels } from './departed.model.js';
import { joinersModels } from './joiners.model.js';
import { lostDevicesModels } from './lost-devices.model.js';
import { lostSuccessesModels } from './lost-successes.model.js';
import { readyDevicesModels } from './ready-devices.model.js';
import { sharedDevicesModels } from './shared-devices.model.js';
import { targetsModels } from './targets.model.js';
import { toDecideModels } from './to-decide.model.js';
import { waysBackModels } from './ways-back.model.js';

/** What is asked about rollouts and their devices. */
export const rolloutModels: readonly Model[] = [
  ...[bringBackModels, candidatesModels, claimsModels, departedModels, joinersModels, lostDevicesModels].flat(),
  ...[lostSuccessesModels, readyDevicesModels, sharedDevicesModels, targetsModels, toDecideModels].flat(),
  ...waysBackModels,
];
