import type { StoredEvent } from '@edgeflow/contracts';
import { hasCome } from './deadline.js';
import type { Ending, OpenUpdate, Running } from './device-lane.js';

type Evidence = Pick<StoredEvent, 'id' | 'correlation_id' | 'traceparent'>;

/** The update with its ending; the first evidence counts, and nothing ends an update that is not open. */
function ended(update: OpenUpdate, ending: Ending, { id, correlation_id, traceparent }: Evidence): OpenUpdate {
  if (update.status === 'none' || update.status === 'ending') return update;
  const { plan, ref, due_at } = update;
  const evidence = { id, correlation_id, ...(traceparent && { traceparent }) };
  return { status: 'ending', plan, ref, due_at, ending, evidence };
}

function isOf(update: OpenUpdate, updateId: string): boolean {
  return update.status !== 'none' && update.plan.update_id === updateId;
}

/** A device that comes back so often without a word, each time from another boot, is not told again. */
export const SILENT_BOOTS_MAX = 3;

/**
 * What a version report means for the open update (DESIGN.md section 5, "success is honest"; ADR-0009). The new version is proof, except
 * where the device ran it before (`force`): there only a reboot after the install proves anything. The old version after a reboot
 * that followed the install is a failure; after any other reboot (a power cut during the download) the update goes on, unless the device
 * has rebooted three times without a word about it. A version that it neither ran nor was told is a failure, whatever it did before.
 * @param before what it ran until now, as it said itself
 */
export function afterVersion(
  update: OpenUpdate,
  event: StoredEvent<'DeviceVersionReported'>,
  before: Running,
): OpenUpdate {
  if (update.status !== 'queued' && update.status !== 'dispatched') return update;
  const { version, boot_id } = event.data;
  const { plan } = update;
  const onTarget = version === plan.version;
  if (onTarget && plan.from_version !== plan.version) return ended(update, { outcome: 'completed', boot_id }, event);
  if (update.status === 'queued') return update;
  const isOther = before.status === 'known' && before.version !== version;
  if (!onTarget && isOther) return failed(update, unexpected(version, plan.version), event);
  const rebooted = update.boot_id !== boot_id;
  const installed = update.phase === 'installing' || update.phase === 'rebooting';
  if (!rebooted || !installed) return afterBoot(update, event, rebooted);
  if (onTarget) return ended(update, { outcome: 'completed', boot_id }, event);
  const detail = `The device rebooted and runs ${version}, not ${plan.version}.`;
  return failed(update, { code: 'came-back-on-old-version', detail }, event);
}

interface Why {
  code: string;
  detail: string;
}

function failed(update: OpenUpdate, why: Why, event: Evidence): OpenUpdate {
  return ended(update, { outcome: 'failed', ...why }, event);
}

function unexpected(version: string, wanted: string): Why {
  return {
    code: 'unexpected-version',
    detail: `The device runs ${version}, not ${wanted}, and did not run it before.`,
  };
}

/** A device that crashes at every start over what it is told would be told for ever. Boots are counted from its last word on. */
function afterBoot(
  update: Extract<OpenUpdate, { status: 'dispatched' }>,
  event: StoredEvent<'DeviceVersionReported'>,
  rebooted: boolean,
): OpenUpdate {
  const { boot_id } = event.data;
  const boots = (update.boots ?? 0) + (rebooted ? 1 : 0);
  if (boots < SILENT_BOOTS_MAX) return { ...update, boot_id, ...(boots > 0 && { boots }) };
  const detail = `The device came back ${boots} times in another boot and said nothing of the update.`;
  return failed(update, { code: 'reboot-loop', detail }, event);
}

/** The device, or the gateway for it, said that the update cannot succeed. */
export function afterReport(update: OpenUpdate, event: StoredEvent<'DeviceUpdateReported'>): OpenUpdate {
  const { update_id, code, message } = event.data;
  return isOf(update, update_id) ? ended(update, { outcome: 'failed', code, detail: message }, event) : update;
}

/** Time has run out, if the log says so too: an event that comes too early ends nothing. */
export function afterDeadline(update: OpenUpdate, event: StoredEvent<'DeadlineReached'>): OpenUpdate {
  if (update.status === 'none' || !isOf(update, event.data.update_id) || !hasCome(update.due_at, event)) return update;
  const detail = `The update had not ended by ${update.due_at}.`;
  return ended(update, { outcome: 'failed', code: 'deadline-exceeded', detail }, event);
}

export function afterRevocation(update: OpenUpdate, event: StoredEvent<'DeviceRevoked'>): OpenUpdate {
  const detail = event.data.reason ?? 'The device was revoked.';
  return ended(update, { outcome: 'cancelled', code: 'device-revoked', detail }, event);
}
