import { dirname } from 'node:path';
import { ApiError } from '@edgeflow/client';
import type { Refused } from '@edgeflow/contracts';
import type { DeviceFiles } from '../disk/device-files.js';
import { systemFiles } from '../disk/system-files.js';
import { askCloud, refusalOf, type AskOptions } from './ask-cloud.js';
import { CloudClock, serverTimeOf } from './cloud-clock.js';
import { loadDeviceKey, loadOrCreateDeviceKey, type DeviceKey } from './device-key.js';
import { signDeviceToken } from './device-token.js';

export interface KeyRotationOptions extends AskOptions {
  org: string;
  device_id: string;
  /** The file of the key; the next one is beside it, in `<path>.next`, until the cloud has taken it. */
  path: string;
  /** Where it is; default: on the machine's own disk. */
  files?: DeviceFiles;
}

/**
 * Gives the device a new key. The new one is on the disk before the cloud hears of it, and takes the old one's place when the cloud
 * has it: whenever a crash comes, the key that the cloud knows is one of the two. Called again it finishes what was cut off.
 * @throws Refused with the cloud's code, e.g. 'device-revoked'; 'unauthorized' when the cloud takes neither key: then both stay
 */
export async function rotateDeviceKey(options: KeyRotationOptions): Promise<DeviceKey> {
  const { path, entropy, files = systemFiles } = options;
  const place = { entropy, files };
  const old = await loadOrCreateDeviceKey(path, place);
  const next = await loadOrCreateDeviceKey(nextOf(path), place);
  const clock = new CloudClock(() => options.clock.now().getTime());
  // The new key's own word counts only where the cloud has it already.
  const refusal = (await told(next, old, options, clock)) && (await told(next, next, options, clock));
  if (refusal) throw refusal;
  await files.rename(nextOf(path), path);
  await files.syncDirectory(dirname(path));
  return next;
}

/** Finishes a rotation that a crash cut off, if there is one. @throws as `rotateDeviceKey` */
export async function finishKeyRotation(options: KeyRotationOptions): Promise<void> {
  if (await loadDeviceKey(nextOf(options.path), options.files)) await rotateDeviceKey(options);
}

const nextOf = (path: string): string => `${path}.next`;

/** Tells the cloud of a key, and waits out a cloud that is away. @returns its refusal of the token @throws Refused, every other one */
async function told(
  { public_key }: DeviceKey,
  { private_key }: DeviceKey,
  options: KeyRotationOptions,
  clock: CloudClock,
): Promise<Refused | undefined> {
  const { org, device_id, signal, entropy } = options;
  const token = () => signDeviceToken({ org, device_id, private_key }, { now: clock.now(), entropy });
  const body = { public_key, reason: 'rotated by the device' };
  for (;;) {
    try {
      await askCloud('the new key', { token }, options, (client) =>
        client.post('/gateway/v1/devices/{device_id}/key', { path: { device_id }, body, signal }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // A token of a wrong clock says nothing of the key.
      if (error.status === 401 && clock.learn(serverTimeOf(error) ?? NaN)) continue;
      const refusal = refusalOf(error, { 401: 'unauthorized' });
      if (refusal.code === 'unauthorized') return refusal;
      throw refusal;
    }
  }
}
