import { isUnread, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import {
  unknownDevice,
  isDue,
  isNext,
  isOfDevice,
  timingOf,
  lastGood,
  updateDecider,
  wakesAt,
  type DeviceUpdateState,
  type DeviceUpdateEvent,
} from '@edgeflow/device-update';
import { foldAll } from '@edgeflow/event-log';
import { advanceRows, passStreams, type ReadModel, type Rows } from '@edgeflow/fold';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { windowKey } from '../devices/timed-updates.js';

type DeviceStateEvent = DeviceUpdateEvent | UnreadEvent;

/** The device that an event is about; the stream says it of what cannot be read. */
function deviceOf(event: StoredEvent | UnreadEvent): string | undefined {
  if (isUnread(event)) return event.entity_id;
  return 'device_id' in event.data ? event.data.device_id : undefined;
}

const devices: ReadModel<DeviceStateRow, DeviceStateEvent, StoredEvent | UnreadEvent> = {
  entity: DeviceStateRow,
  id: 'device_id',
  derived: ({ state }) => columnsOf(state),
  takes: (event): event is DeviceStateEvent => isUnread(event) || isOfDevice(event),
  idOf: deviceOf,
  evolve: (row, event) => advance(row ?? emptyRow(event.org, deviceOf(event) ?? ''), event),
};

/** Brings the rows of the devices that a batch is about forward. */
export function foldDeviceStates(batch: readonly (StoredEvent | UnreadEvent)[], tx: Rows): Promise<void> {
  return advanceRows(tx, devices, batch);
}

/** Moves devices past events of their update streams that nobody reads, and takes out those whose revocation or removal stands in words not known here. */
export async function passOverDeviceStates(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  const empty = ({ org, entity_id, position }: UnreadEvent): DeviceStateRow => ({
    ...emptyRow(org, entity_id),
    lane_position: position,
  });
  const ofUpdates = unread.filter(({ entity }) => entity === 'update');
  await passStreams(tx, { entity: DeviceStateRow, empty }, ofUpdates);
  await foldDeviceStates(unread.filter(isRevocation), tx);
}

function isRevocation({ entity, type, unread }: UnreadEvent): boolean {
  const takesOut = entity === 'device' && (type === 'DeviceRevoked' || type === 'DeviceRemoved');
  return takesOut && unread.why === 'set-aside' && unread.code === 'event-invalid';
}

function emptyRow(org: string, device_id: string): DeviceStateRow {
  return { org, device_id, lane_position: 0, position: 0, state: unknownDevice, ...columnsOf(unknownDevice) };
}

/** The row after an event; what it has already is passed over. */
function advance(row: DeviceStateRow, event: DeviceStateEvent): DeviceStateRow {
  if (event.position <= row.position) return row;
  const state = foldAll(updateDecider, [event], row.state);
  const lane_position = event.entity === 'update' ? event.position : row.lane_position;
  return { ...row, state, position: event.position, lane_position };
}

/** What queries choose devices by. */
function columnsOf(
  state: DeviceUpdateState,
): Omit<DeviceStateRow, 'org' | 'device_id' | 'lane_position' | 'position' | 'state'> {
  const { registration, presence, running, update } = state;
  const known = registration.status === 'unknown' ? undefined : registration;
  return {
    due: isDue(state),
    wake_at: wakesAt(update, presence.status === 'online') ?? null,
    registration: registration.status,
    model: known?.model ?? null,
    fleet: known?.fleet ?? null,
    tags: known?.tags ?? [],
    version: running.status === 'known' ? running.version : null,
    unconfirmed: running.status === 'known' && running.unconfirmed === true,
    goes_back_to: lastGood(state) ?? null,
    online: presence.status === 'online',
    busy: update.status !== 'none',
    ...heldColumns(state),
    highest_counter: state.highest_counter ?? null,
    born_after: state.removal?.position ?? null,
    signing: state.signing ?? null,
  };
}

/** What a queued update waits for besides its device. */
function heldColumns(
  state: DeviceUpdateState,
): Pick<DeviceStateRow, 'held' | 'held_until' | 'held_window' | 'held_fleet'> {
  const timing = timingOf(state);
  return {
    held: timing !== undefined && isNext(state),
    held_until: timing?.start_at ?? null,
    held_window: timing?.window ? windowKey(timing.window) : null,
    held_fleet: timing?.fleet ?? null,
  };
}
