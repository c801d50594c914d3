import type { DevicePublicKey, EventName, Hello, StoredEvent } from '@edgeflow/contracts';
import { keyRotated, replaced, revoked, type Ending } from './ending.js';
import type { Dispatch, Proof } from './tunnel.state.js';
import { isInstalled, isOnTarget } from './work.js';

/** The newest event of each name in a lane. */
export type LastOfEach = { readonly [N in EventName]?: StoredEvent<N> };

/** The position of the newest of them; 0 for an empty lane. */
export function newestIn(last: LastOfEach): number {
  return Math.max(0, ...Object.values(last).map((event) => event?.position ?? 0));
}

/** The update that is open in an update lane: the newest dispatch, when nothing newer has ended it. */
export function openDispatchIn(last: LastOfEach): Dispatch | undefined {
  const { UpdateDispatched: dispatch, UpdateCompleted, UpdateFailed, UpdateCancelled } = last;
  const ended = newestIn({ UpdateCompleted, UpdateFailed, UpdateCancelled });
  return dispatch && dispatch.position > ended ? dispatch : undefined;
}

/** The key with which a device signs its tokens, as its lane has it; undefined for a device that is not registered. */
export function keyInForce({ DeviceRegistered, DeviceKeyRotated }: LastOfEach): DevicePublicKey | undefined {
  return DeviceRegistered && (DeviceKeyRotated ?? DeviceRegistered).data.public_key;
}

/**
 * Why a tunnel may not go on, as its device's lane has it; undefined while it is the device's newest tunnel.
 * @param tunnel which one, and the `x` of the key that let it in
 */
export function oustedBy(last: LastOfEach, tunnel: { tunnel_id: string; key: string }): Ending | undefined {
  if (last.DeviceRevoked) return revoked;
  const key = keyInForce(last);
  if (key && key.x !== tunnel.key) return keyRotated;
  const newest = last.DeviceConnected;
  return newest && newest.data.tunnel_id !== tunnel.tunnel_id ? replaced : undefined;
}

/** True when a hello says what the log does not know yet, or not any more. */
export function isNews(reported: StoredEvent<'DeviceVersionReported'> | undefined, hello: Hello): boolean {
  return isNewVersion(reported, hello) || reported?.data.boot_id !== hello.boot_id;
}

/** True when a hello says something lasting: more than that the device has another boot. */
export function isNewVersion(reported: StoredEvent<'DeviceVersionReported'> | undefined, hello: Hello): boolean {
  return reported?.data.version !== hello.version || reported.data.model !== hello.model;
}

/** True when a device that comes back ends its update by what it says: the wanted version, or another boot after the install. */
export function endsUpdate(
  { DeviceProgressReported: progress }: LastOfEach,
  dispatch: Dispatch,
  hello: Hello,
): boolean {
  if (isOnTarget(dispatch, hello)) return true;
  const isOfUpdate = progress?.data.update_id === dispatch.data.update_id;
  return isOfUpdate && isInstalled(progress.data.phase) && hello.boot_id !== dispatch.data.from_boot_id;
}

/**
 * Which updates the lane has decided already: one that was reported as failed, and one whose device rebooted after the install.
 * Neither is to be offered again while the orchestrator has not read that far.
 * @param versionAt position of the newest version report
 */
export function proofsIn(last: LastOfEach, versionAt: number): Proof[] {
  const { DeviceUpdateReported: failed, DeviceProgressReported: progress } = last;
  const proofs: Proof[] = [];
  if (failed) proofs.push({ update_id: failed.data.update_id, position: failed.position });
  if (progress && isInstalled(progress.data.phase) && progress.position < versionAt) {
    proofs.push({ update_id: progress.data.update_id, position: versionAt });
  }
  return proofs;
}
