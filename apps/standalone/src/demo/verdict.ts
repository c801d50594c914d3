import type { Item } from '@edgeflow/client';
import { words } from './rollout-text.js';
import type { Rollout } from './rollout.js';
import { DEVICE, NEW_VERSION } from './scene.js';

/** What the device record says that a verdict needs. */
export type FleetDevice = Pick<Item<'/query/v1/devices'>, 'device_id' | 'current_version' | 'last_update_at'>;

/** One device of a rollout. */
export type RolloutMember = Pick<
  Item<'/query/v1/rollouts/{rollout_id}/devices'>,
  'device_id' | 'stage' | 'status' | 'wave'
>;

/** What came out, as the read models have it. */
export interface Outcome {
  rollout: Rollout;
  devices: readonly FleetDevice[];
  members: readonly RolloutMember[];
}

/** One thing that must be so. */
export interface Finding {
  so: boolean;
  text: string;
}

/** A good image: every device must run it, and none may have failed. */
export function goodVerdict({ rollout, devices }: Outcome): Finding[] {
  const { state, eligible, succeeded, failed } = rollout;
  const there = devices.filter(({ current_version }) => current_version === NEW_VERSION).length;
  return [
    {
      so: state === 'completed' && failed === 0 && succeeded === eligible,
      text: `the rollout is ${words(state)}: ${succeeded} of ${eligible} succeeded, ${failed} failed`,
    },
    { so: there === devices.length, text: `${there} of ${devices.length} devices run ${NEW_VERSION}` },
  ];
}

/** A bad image: a gate must have sent back every device that was told, and no wave after its own may have been told. */
export function badVerdict({ rollout, devices, members }: Outcome): Finding[] {
  const { state, rollback, waves } = rollout;
  const unable = Object.values(rollback?.unavailable ?? {}).reduce((sum, n) => sum + n, 0);
  const told = devices.filter(({ last_update_at }) => last_update_at !== null);
  const home = told.filter(({ current_version }) => current_version === DEVICE.version);
  const brought = members.filter(({ stage, status }) => stage === 'rollback' && status === 'succeeded').length;
  const started = waves.filter(({ started_at }) => started_at !== null).map(({ index }) => index);
  const inside = new Set(
    members
      .filter(({ stage, wave }) => stage === 'forward' && wave !== null && started.includes(wave))
      .map(({ device_id }) => device_id),
  );
  const outside = devices.filter(({ device_id }) => !inside.has(device_id));
  return [
    {
      so: state === 'rolled_back' && rollback?.cause === 'gate' && unable === 0,
      text: `the rollout is ${words(state)}, by ${rollback?.cause ?? 'nobody'}`,
    },
    {
      so: told.length > 0 && home.length === told.length,
      text: `${home.length} of ${told.length} devices that were told run ${DEVICE.version}, ${brought} of them brought back`,
    },
    // All at once there is nobody outside.
    ...(outside.length > 0 ? [sparedAll(outside, started)] : []),
  ];
}

/** Devices whose wave never began must not have been told. */
function sparedAll(outside: readonly FleetDevice[], started: readonly number[]): Finding {
  const spared = outside.filter(({ last_update_at }) => last_update_at === null).length;
  const text = `${spared} of ${outside.length} devices outside of wave ${started.join(', ')} were never told`;
  return { so: spared === outside.length, text };
}
