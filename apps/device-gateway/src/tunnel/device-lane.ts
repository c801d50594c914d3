import type { DevicePublicKey, EventName, Hello } from '@edgeflow/contracts';
import { stands, type LaneEnds, type LastOfEach } from '@edgeflow/event-log';
import { keyRotated, replaced, revoked, type Ending } from './ending.js';
import type { Dispatch, Proof } from './tunnel.state.js';
import { isInstalled, isOnTarget } from './work.js';

const ENDS: readonly EventName[] = ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'];

/** The update that is open in an update lane: the newest dispatch, when nothing newer has ended it. An end counts also when it cannot be read. */
export function openDispatchIn({ last, unread }: Pick<LaneEnds, 'last' | 'unread'>): Dispatch | undefined {
  const { UpdateDispatched: dispatch } = last;
  const isEnd = ({ type }: { type: string }): boolean => (ENDS as readonly string[]).includes(type);
  const ended = [...Object.values(last), ...unread].filter(isEnd).map(({ position }) => position);
  return dispatch && dispatch.position > Math.max(0, ...ended) ? dispatch : undefined;
}

/** True for a device that was taken out, in whatever words. */
export function isRevoked(lane: Pick<LaneEnds, 'last' | 'unread'>): boolean {
  return stands(lane, 'DeviceRevoked');
}

/**
 * The key with which a device signs its tokens, as its lane has it; undefined for a device that is not registered, and for one whose newest
 * key cannot be read: the one before it must not be taken any more.
 */
export function keyInForce({ last, unread }: Pick<LaneEnds, 'last' | 'unread'>): DevicePublicKey | undefined {
  if (unread.some(({ type }) => type === 'DeviceKeyRotated')) return undefined;
  const { DeviceRegistered, DeviceKeyRotated } = last;
  return DeviceRegistered && (DeviceKeyRotated ?? DeviceRegistered).data.public_key;
}

/**
 * Why a tunnel may not go on, as its device's lane has it; undefined while it is the device's newest tunnel.
 * @param tunnel which one, and the `x` of the key that let it in
 */
export function oustedBy(lane: LaneEnds, tunnel: { tunnel_id: string; key: string }): Ending | undefined {
  if (isRevoked(lane)) return revoked;
  const key = keyInForce(lane);
  if (key ? key.x !== tunnel.key : stands(lane, 'DeviceKeyRotated')) return keyRotated;
  const newest = lane.last.DeviceConnected;
  return newest && newest.data.tunnel_id !== tunnel.tunnel_id ? replaced : undefined;
}

/** True when a hello says what the log does not know yet, or not any more: another version, or another boot. */
export function isNews(last: LastOfEach, hello: Hello): boolean {
  return isNewVersion(last, hello) || lastBootIn(last) !== hello.boot_id;
}

/** True when a hello says something lasting, whether or not an update is open: more than that the device has another boot. */
export function isNewVersion({ DeviceVersionReported: reported }: LastOfEach, hello: Hello): boolean {
  return reported?.data.version !== hello.version || reported.data.model !== hello.model;
}

/** A boot is said with the lease of a tunnel, and for ever where an update is open. */
function lastBootIn({ DeviceConnected: connected, DeviceVersionReported: reported }: LastOfEach): string | undefined {
  const isSaidLater = (reported?.position ?? 0) > (connected?.position ?? 0);
  return (isSaidLater ? reported : connected)?.data.boot_id;
}

/** True when a device comes back with a version that it neither ran before nor was told: its update has failed (`unexpected-version`). */
export function isUnexpected({ DeviceVersionReported: before }: LastOfEach, { data }: Dispatch, hello: Hello): boolean {
  return before !== undefined && before.data.version !== hello.version && hello.version !== data.version;
}

/** True when a hello says how the open update ended, which the log does not know yet. */
export function tellsFailure({ DeviceUpdateReported: known }: LastOfEach, { data }: Dispatch, hello: Hello): boolean {
  return hello.failed?.update_id === data.update_id && known?.data.update_id !== data.update_id;
}

/** True when a device that comes back ends its update by what it says: another version, or another boot after the install. */
export function endsUpdate(last: LastOfEach, dispatch: Dispatch, hello: Hello): boolean {
  const { DeviceProgressReported: progress } = last;
  if (isOnTarget(dispatch, hello) || isUnexpected(last, dispatch, hello)) return true;
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
