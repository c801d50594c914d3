import { pick, weighted } from '@edgeflow/simulation';
import type { Entropy } from '@edgeflow/runtime';
import { FLEETS, type SceneDevice } from '../scene/scene.js';
import type { DeviceKeeperAction } from './action.js';

/** What somebody does who keeps the devices of an organization. */
export function drawKeeper(devices: readonly SceneDevice[], entropy: Pick<Entropy, 'random'>): DeviceKeeperAction {
  const { org, device_id } = pick(entropy, devices, 'device');
  const does = weighted(
    entropy,
    [
      ['move', 3],
      ['revoke', 2],
      ['reinstate', 3],
      ['remove', 1],
    ] as const,
    'keeper',
  );
  if (does === 'move') return { who: 'keeper', does, org, device_id, fleet: pick(entropy, FLEETS, 'fleet') };
  return { who: 'keeper', does, org, device_id };
}
