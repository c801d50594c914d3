import { modelOfQuery } from '@edgeflow/fold/memory';
import { DUE_DEVICES, WAITING_FOR_REVOKED, type Due } from '../devices/due-devices.js';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { FirmwareRow } from '../rows/firmware.row.js';

/** What `DUE_DEVICES` gives, in memory. */
export const dueDevicesModel = modelOfQuery(DUE_DEVICES, async (tables, of) => {
  const at = of.at.toISOString();
  const due = (await tables.all(DeviceStateRow)).filter(
    (row) =>
      (row.due && (of.has_room || isEnding(row))) ||
      (row.wake_at !== null && row.wake_at <= at) ||
      (row.held && of.held !== undefined && isInTime(row, of.held, at)),
  );
  return due.toSorted((a, b) => a.position - b.position).slice(0, of.limit);
});

function isEnding({ state }: DeviceStateRow): boolean {
  return (
    state.update.status === 'ending' ||
    state.requests.some(({ kind }) => kind === 'cancel') ||
    state.kept?.lost !== undefined
  );
}

function isInTime(
  { org, held_until, held_window, held_fleet }: DeviceStateRow,
  { open, closed }: NonNullable<Due['held']>,
  at: string,
): boolean {
  const hasCome = held_until === null || held_until <= at;
  const isOpen = held_window === null || open.includes(held_window);
  return hasCome && isOpen && (held_fleet === null || !closed.includes(`${org}/${held_fleet}`));
}

/** What `WAITING_FOR_REVOKED` gives, in memory. */
export const waitingForRevokedModel = modelOfQuery(WAITING_FOR_REVOKED, async (tables, { limit }) => {
  const firmwares = await tables.all(FirmwareRow);
  const revoked = new Set(firmwares.flatMap((row) => (row.revoked ? [`${row.org}/${row.firmware_id}`] : [])));
  if (revoked.size === 0) return [];
  const waiting = (await tables.all(DeviceStateRow)).filter(({ org, busy, state: { update } }) => {
    if (!busy || update.status !== 'queued' || !revoked.has(`${org}/${update.plan.firmware_id}`)) return false;
    return update.postponed?.begun === undefined && update.postponed?.phase === undefined;
  });
  return waiting.slice(0, limit);
});
