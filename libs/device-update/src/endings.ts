import type { StoredEvent } from '@edgeflow/contracts';
import { hasCome } from './deadline.js';
import type { Ending, OpenUpdate } from './device-lane.js';

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

/**
 * What a version report means for the open update (DESIGN.md section 5, "success is honest"). The new version is proof, except
 * where the device ran it before (`force`): there only a reboot after the install proves anything. The old version after a reboot
 * that followed the install is a failure; after any other reboot (a power cut during the download) the update goes on.
 */
export function afterVersion(update: OpenUpdate, event: StoredEvent<'DeviceVersionReported'>): OpenUpdate {
  if (update.status !== 'queued' && update.status !== 'dispatched') return update;
  const { version, boot_id } = event.data;
  const { plan } = update;
  const onTarget = version === plan.version;
  if (onTarget && plan.from_version !== plan.version) return ended(update, { outcome: 'completed', boot_id }, event);
  if (update.status === 'queued') return update;
  const rebooted = update.boot_id !== boot_id;
  const installed = update.phase === 'installing' || update.phase === 'rebooting';
  if (!rebooted || !installed) return { ...update, boot_id };
  if (onTarget) return ended(update, { outcome: 'completed', boot_id }, event);
  const detail = `The device rebooted and runs ${version}, not ${plan.version}.`;
  return ended(update, { outcome: 'failed', code: 'came-back-on-old-version', detail }, event);
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
