import { isInstalling, isTakenBack, type EventName } from '@edgeflow/contracts';
import { foldAll, type StreamEnds, type LastOfEach } from '@edgeflow/event-log';
import {
  deviceDecider,
  isRevoked,
  keyInForce,
  registrationInForce,
  type RegisteredDevice,
} from '../devices/device.decider.js';
import { isConfirmed, type DeviceHello } from './device-frame.js';
import { keyRotated, modelChanged, removed, replaced, revoked, type Ending } from './ending.js';
import type { AuthorizedSession } from './session.events.js';
import type { Dispatch, Joined, Proof } from './session.state.js';
import { isDone, isOnAbandoned, isOnTarget } from './observed-update.js';

const ENDS: readonly EventName[] = ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'];

/** A device's stream, or its update stream, without what stands in it of a device that had the id before. */
export function bornAfter({ last, unread, position }: StreamEnds, born_after: number): StreamEnds {
  if (born_after === 0) return { last, unread, position };
  const ofThisLife = Object.entries(last).filter(([, event]) => event.position > born_after);
  return {
    last: Object.fromEntries(ofThisLife),
    unread: unread.filter((event) => event.position > born_after),
    position,
  };
}

/** True while an update of an update stream has not ended, whether or not the device was told. */
export function hasOpenUpdate({ last, unread }: Pick<StreamEnds, 'last' | 'unread'>): boolean {
  const accepted = Math.max(last.UpdateQueued?.position ?? 0, last.UpdateDispatched?.position ?? 0);
  return accepted > endOf({ last, unread });
}

/** The update that is open in an update stream: the newest dispatch, when nothing newer has ended it. An end counts also when it cannot be read. */
export function openDispatchIn({ last, unread }: Pick<StreamEnds, 'last' | 'unread'>): Dispatch | undefined {
  const { UpdateDispatched: dispatch } = last;
  return dispatch && dispatch.position > endOf({ last, unread }) ? dispatch : undefined;
}

function endOf({ last, unread }: Pick<StreamEnds, 'last' | 'unread'>): number {
  const isEnd = ({ type }: { type: string }): boolean => (ENDS as readonly string[]).includes(type);
  const ended = [...Object.values(last), ...unread].filter(isEnd).map(({ position }) => position);
  return Math.max(0, ...ended);
}

/** Who the device is, as its stream's newest events have it. */
export function registeredIn({ last, unread }: Pick<StreamEnds, 'last' | 'unread'>): RegisteredDevice {
  return foldAll(deviceDecider, [...Object.values(last), ...unread]);
}

/**
 * Why a session may not go on, as its device's stream has it; undefined while it is the device's newest session.
 * @param session which one, and what the log said of its device when it was let in
 */
export function oustedBy(
  stream: StreamEnds,
  session: Pick<AuthorizedSession, 'session_id' | 'key' | 'model' | 'born_after'>,
): Ending | undefined {
  const device = registeredIn(stream);
  const ending = notAsLetIn(device, session);
  if (ending) return ending;
  const newest = stream.last.DeviceConnected;
  return newest && newest.data.session_id !== session.session_id ? replaced : undefined;
}

/**
 * By how much two gateways may be apart about the log's time, in milliseconds: while NATS answers slowly they learn it poorly. No board boots faster.
 */
const APART_MS = 2_000;

/**
 * True for a session that says hello after one that its device has opened later: the device is not on it any more, and may be in another boot. A device says
 * hello over a tunnel that it has, so that the order in which tunnels were opened is that of its boots, whichever hello comes first. Who saw the hello of the
 * other one when it was opened is the newer one, whatever clocks say.
 */
export function isOvertaken(
  { DeviceConnected: newest }: LastOfEach,
  session: Pick<AuthorizedSession, 'session_id' | 'gateway_id' | 'opened_at' | 'opened_after'>,
): boolean {
  if (!newest || newest.position <= session.opened_after) return false;
  const { session_id, gateway_id, opened_at } = newest.data;
  if (session_id === session.session_id || opened_at === undefined) return false;
  const apart_ms = gateway_id === session.gateway_id ? 0 : APART_MS;
  return Date.parse(opened_at) - Date.parse(session.opened_at) > apart_ms;
}

/** Why a device is not any more what it was when a session of it was let in. */
export function notAsLetIn(
  device: RegisteredDevice,
  { key: before, model, born_after }: Pick<AuthorizedSession, 'key' | 'model' | 'born_after'>,
): Ending | undefined {
  if (device.born_after !== born_after) return removed;
  if (isRevoked(device)) return revoked;
  const key = keyInForce(device);
  if (key ? key.x !== before : device.rotated.status !== 'none') return keyRotated;
  const now = registrationInForce(device);
  return now && now.model !== model ? modelChanged : undefined;
}

/** True when a hello names another boot than the log knows last. */
export function isNewBoot(last: LastOfEach, { boot_id }: DeviceHello): boolean {
  return boot_id !== undefined && lastBootIn(last) !== boot_id;
}

/** True for a device whose session before said, when it was over, that the device was not told in that boot; of one that broke off nobody knows. */
export function wasUntold({ DeviceConnected: connected, DeviceDisconnected: goodbye }: LastOfEach): boolean {
  if (!connected) return false;
  return goodbye?.data.session_id === connected.data.session_id && goodbye.data.untold === true;
}

/**
 * True when a hello says something lasting, whether or not an update is open: more than that the device has another boot. That it keeps the version from now on,
 * or may still take it back, is as good as another one.
 */
export function isNewVersion({ DeviceVersionReported: reported }: LastOfEach, hello: DeviceHello): boolean {
  const isOther = reported?.data.version !== hello.version || reported.data.model !== hello.model;
  return isOther || isConfirmed(reported.data) !== isConfirmed(hello);
}

/** A boot is said with the lease of a session, and for ever where an update is open. */
function lastBootIn({ DeviceConnected: connected, DeviceVersionReported: reported }: LastOfEach): string | undefined {
  const isSaidLater = (reported?.position ?? 0) > (connected?.position ?? 0);
  return (isSaidLater ? reported : connected)?.data.boot_id;
}

/**
 * True when a device comes back with a version that it neither ran before nor was told: its update has failed (`unexpected-version`). That of an
 * update that was given up while it installed it is none, and of one that somebody wants later nothing is expected yet.
 */
export function isUnexpected(last: LastOfEach, dispatch: Dispatch, hello: DeviceHello): boolean {
  const { DeviceVersionReported: before } = last;
  const isKnown = hello.version === dispatch.data.version || isOnAbandoned(dispatch, hello);
  return before !== undefined && before.data.version !== hello.version && !isKnown && !isPutOff(last, dispatch);
}

/** True for an update that its device has put off since it was told, and not begun with. */
function isPutOff(
  { DeviceUpdatePostponed: postponed, DeviceProgressReported: progress }: LastOfEach,
  { data, position }: Dispatch,
): boolean {
  if (postponed?.data.update_id !== data.update_id || postponed.position < position) return false;
  return progress?.data.update_id !== data.update_id || progress.position < postponed.position;
}

/** True when a hello says how the open update ended, which the log does not know yet. */
export function tellsFailure(
  { DeviceUpdateReported: known }: LastOfEach,
  { data }: Dispatch,
  hello: DeviceHello,
): boolean {
  return hello.failed?.update_id === data.update_id && known?.data.update_id !== data.update_id;
}

/** True when a hello says that the device is done with the open update, which the log does not know yet: what it knows from before the dispatch proves nothing. */
export function tellsDone(
  { DeviceVersionReported: known }: LastOfEach,
  dispatch: Dispatch,
  hello: DeviceHello,
): boolean {
  const isKnown = known !== undefined && known.position > dispatch.position && isDone(dispatch, known.data);
  return isDone(dispatch, hello) && !isKnown;
}

/** True when a device that comes back ends its update by what it says: another version, another boot after the install, or that it is done. */
export function endsUpdate(last: LastOfEach, dispatch: Dispatch, hello: DeviceHello): boolean {
  const { DeviceProgressReported: progress } = last;
  if (isOnTarget(dispatch, hello) || tellsDone(last, dispatch, hello) || isUnexpected(last, dispatch, hello))
    return true;
  const { update_id, from_boot_id } = dispatch.data;
  const hasInstalled = progress?.data.update_id === update_id && isInstalling(progress.data.phase);
  return hasInstalled && hello.boot_id !== undefined && hello.boot_id !== from_boot_id;
}

/** What the stream says of an update that was put off, and of one that is being installed: both are known to whichever gateway the device comes to. */
export function progressIn(last: LastOfEach): Pick<Joined, 'postponed' | 'installing'> {
  const { DeviceUpdatePostponed: postponed, DeviceProgressReported: progress } = last;
  const installing = progress && isInstalling(progress.data.phase) ? progress.data.update_id : undefined;
  return {
    ...(postponed && { postponed: { update_id: postponed.data.update_id, position: postponed.position } }),
    ...(installing !== undefined && { installing }),
  };
}

/**
 * Which updates the stream has decided already: one that was reported as failed, one whose device rebooted after the install, and one that its
 * device said it is done with. None is to be offered again while the orchestrator has not read that far.
 * @param versionAt position of the newest version report
 */
export function proofsIn(last: LastOfEach, versionAt: number): Proof[] {
  const { DeviceUpdateReported: failed, DeviceProgressReported: progress, DeviceVersionReported: reported } = last;
  const done_with = reported?.data.done_with;
  const proofs: Proof[] = [];
  if (done_with !== undefined) proofs.push({ update_id: done_with, position: reported?.position ?? 0 });
  if (failed) {
    const { update_id, code, reported_by } = failed.data;
    const taken_back = reported_by === 'gateway' && isTakenBack(code);
    proofs.push({ update_id, position: failed.position, ...(taken_back && { taken_back }) });
  }
  if (progress && isInstalling(progress.data.phase) && progress.position < versionAt) {
    proofs.push({ update_id: progress.data.update_id, position: versionAt });
  }
  return proofs;
}
