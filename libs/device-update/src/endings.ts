import { isInstalling, isTakenBack, isVersion, refOf, type EventRef, type StoredEvent } from '@edgeflow/contracts';
import { isBeingInstalled } from './cancel.js';
import { hasCome, missedDeadline, outOfTime, storedAt } from './deadline.js';
import { RETURNS_MAX, afterReturn } from './headway.js';
import { endingAfter } from './kept.js';
import { isUntold } from './postponement.js';
import type { Ending, OpenUpdate, Running } from './device-update.state.js';

/** The update with its ending; the first evidence counts, and nothing ends an update that is not open. */
export function ended(update: OpenUpdate, ending: Ending, event: EventRef): OpenUpdate {
  if (update.status === 'none' || update.status === 'ending') return update;
  const { plan, ref, due_at } = update;
  // Who runs the version all the same has it, told or not.
  const untold = ending.outcome !== 'completed' && isUntold(update);
  return { status: 'ending', plan, ref, due_at, ending, evidence: refOf(event), ...(untold && { untold }) };
}

/** An update that ends, and whose device was told of it before the log said so: it may come up on it. */
export function toldAtLast({ untold: _, ...ending }: OpenUpdate & { status: 'ending' }): OpenUpdate {
  return ending;
}

function isOf(update: OpenUpdate, updateId: string): boolean {
  return update.status !== 'none' && update.plan.update_id === updateId;
}

/** A device that comes back so often on its old version, each time from another boot, and does not say why, is not told again: flash wears out. */
const SILENT_BOOTS_MAX = 3;

/**
 * What a version report means for the open update (ADR-0009). The new version is proof, except
 * where the device ran it before (`force`): there only a reboot after the install proves anything, or the word of a device without boots
 * that it is done. The old version after either is a failure; after any other reboot (a power cut during the download) the update goes on, unless the device
 * has rebooted three times without getting on with it, and without any it goes on in any case. A version that the device neither ran nor was told is a failure, whatever it did before.
 * The new version that its boot loader may still take back is no proof yet; that it took it back is one.
 * @param before what it ran until now, as it said itself
 */
export function afterVersion(
  update: OpenUpdate,
  event: StoredEvent<'DeviceVersionReported'>,
  before: Running,
): OpenUpdate {
  if (update.status !== 'queued' && update.status !== 'dispatched') return endingAfter(update, event);
  const { version, boot_id, done_with } = event.data;
  const { plan } = update;
  const onTarget = version === plan.version;
  if (onTarget && plan.from_version !== plan.version) return arrived(update, event);
  const isBegun = update.status === 'dispatched' || update.postponed?.phase !== undefined;
  const isOther = before.status === 'known' && before.version !== version;
  // It finishes what it was told to give up, and this update is offered again.
  const isAbandoned = version === plan.abandoned_version;
  if (isBegun && !onTarget && isOther && !isAbandoned) return failed(update, cameBackOn(version, plan), event);
  if (update.status === 'queued') return update;
  const rebooted = update.unconfirmed === true || hasRebooted(update, boot_id);
  const installed = update.phase !== undefined && isInstalling(update.phase);
  const isDone = done_with === plan.update_id;
  if (!isDone && !(rebooted && installed)) return afterBoot(update, event);
  if (onTarget) return arrived(update, event);
  const detail = `The device ${rebooted ? 'rebooted' : 'is done'} and runs ${version}, not ${plan.version}.`;
  return failed(update, { code: 'came-back-on-old-version', detail }, event);
}

/** The new version runs: that is the end, unless the device may still take it back. What it was not told it has not done. */
function arrived(update: OpenUpdate, event: StoredEvent<'DeviceVersionReported'>): OpenUpdate {
  const { boot_id, confirmed } = event.data;
  if (confirmed === false) return update.status === 'dispatched' ? tried(update, event) : update;
  if (isUntold(update) && update.status !== 'none' && update.plan.rollout_id === undefined)
    return byItself(update, event);
  return ended(update, { outcome: 'completed', ...(boot_id !== undefined && { boot_id }) }, event);
}

/** The device was not told, and runs the version all the same: there is nothing left to tell it, unless it is to install it in any case. */
function byItself(
  update: Exclude<OpenUpdate, { status: 'none' }>,
  event: StoredEvent<'DeviceVersionReported'>,
): OpenUpdate {
  if (update.plan.force) return update;
  const detail = `The device came to run ${event.data.version} before it was told.`;
  return ended(update, { outcome: 'cancelled', code: 'already-on-target', detail }, event);
}

interface Why {
  code: string;
  detail: string;
}

function failed(update: OpenUpdate, why: Why, event: EventRef): OpenUpdate {
  return ended(update, { outcome: 'failed', ...why }, event);
}

/** Whatever it said of its phases, it is past the install: nobody takes the update back from it any more. */
function tried(update: Dispatched, event: StoredEvent<'DeviceVersionReported'>): Dispatched {
  const { boot_id = update.boot_id } = event.data;
  const { boots: _endedByThis, said: _too, ...rest } = update;
  const since = update.unconfirmed ? update.phase_at : storedAt(event);
  return { ...rest, ...(boot_id && { boot_id }), phase: 'rebooting', phase_at: since, unconfirmed: true };
}

/** What a device is told that comes back on neither what it ran last nor what it was to run. */
function cameBackOn(version: string, plan: { version: string; from_version?: string }): Why {
  if (version === plan.from_version) {
    const detail = `The device ran ${plan.version}, did not confirm it, and runs ${version} again.`;
    return { code: 'came-back-on-old-version', detail };
  }
  return {
    code: isVersion(version) ? 'came-back-on-another-version' : 'unexpected-version',
    detail: `The device runs ${version}, not ${plan.version}, and did not run it before.`,
  };
}

type Dispatched = Extract<OpenUpdate, { status: 'dispatched' }>;

/** True when a device is in another boot than before; where one of the two is not known, nobody knows. */
function hasRebooted({ boot_id: before }: Dispatched, boot_id: string | undefined): boolean {
  return before !== undefined && boot_id !== undefined && before !== boot_id;
}

/**
 * A device that falls back at every start from what it is told, or crashes over it, would be told for ever. Boots are counted in which it said nothing, or had the image
 * already: it may have flashed it. Power that is cut during the download begins the count anew. The same boot again is a lost tunnel, and no boot; and a boot in which
 * nobody told it, and it said nothing either, has nothing to do with the update.
 */
function afterBoot(update: Dispatched, event: StoredEvent<'DeviceVersionReported'>): OpenUpdate {
  if (!hasRebooted(update, event.data.boot_id)) return withBoot(update, event, update.boots);
  const { said, ...silent } = update;
  if (event.data.untold === true && said === undefined) return withBoot(update, event, update.boots);
  const boots = said === 'loading' ? 1 : (update.boots ?? 0) + 1;
  if (boots < SILENT_BOOTS_MAX) return returned(withBoot(silent, event, boots), event, true);
  const detail = `The device came back on its old version ${boots} times, each time in another boot, and did not say why.`;
  return failed(update, { code: 'reboot-loop', detail }, event);
}

/** The device has another tunnel, in the same boot as far as anybody knows: of another one it says the version too. */
export function afterTunnel(update: OpenUpdate, event: StoredEvent<'DeviceConnected'>): OpenUpdate {
  if (update.status !== 'dispatched' || hasRebooted(update, event.data.boot_id)) return update;
  return returned(update, event, false);
}

/** It is told again, unless it was told often enough. */
function returned(update: Dispatched, event: EventRef, rebooted: boolean): OpenUpdate {
  if (!update.headway) return update;
  const headway = afterReturn(update.headway, rebooted);
  if (headway.returns < RETURNS_MAX) return { ...update, headway };
  const detail = `The device came back ${headway.returns} times and never got further with the update than before.`;
  return failed(update, { code: 'reboot-loop', detail }, event);
}

function withBoot(
  update: Dispatched,
  event: StoredEvent<'DeviceVersionReported'>,
  boots: number | undefined,
): Dispatched {
  const { boot_id = update.boot_id } = event.data;
  return { ...update, ...(boot_id && { boot_id }), ...(boots !== undefined && { boots }) };
}

/** What a device says for somebody who does not want the update: a choice, and no failure, before the install. */
const DECLINED = 'declined';

/** The device, or the gateway for it, said that the update cannot succeed, or that somebody does not want it. */
export function afterReport(update: OpenUpdate, event: StoredEvent<'DeviceUpdateReported'>): OpenUpdate {
  const { update_id, code, message, reported_by } = event.data;
  if (!isOf(update, update_id)) return update;
  // Somebody chose, which nobody can once it is being installed; or what was revoked since the device was told is taken back, as it is from one
  // that was not told yet: nothing has failed.
  const isChoice = code === DECLINED && !isBeingInstalled(update);
  const isNoFailure = reported_by === 'device' ? isChoice : isTakenBack(code);
  return ended(update, { outcome: isNoFailure ? 'cancelled' : 'failed', code, detail: message }, event);
}

/** Time has run out, if the log says so too: an event that comes too early ends nothing. */
export function afterDeadline(update: OpenUpdate, event: StoredEvent<'DeadlineReached'>): OpenUpdate {
  if (update.status === 'none' || !isOf(update, event.data.update_id) || !hasCome(update.due_at, event)) return update;
  return ended(update, outOfTime(update, missedDeadline(update)), event);
}

/** The device was taken out. @param reason why, where the event says so */
export function afterRevocation(update: OpenUpdate, event: EventRef, { reason }: { reason?: string } = {}): OpenUpdate {
  const detail = reason ?? 'The device was revoked.';
  return ended(update, { outcome: 'cancelled', code: 'device-revoked', detail }, event);
}
