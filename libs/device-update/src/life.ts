import { refOf, type EventRef, type StoredEvent } from '@edgeflow/contracts';
import { isBeingInstalled } from './cancel.js';
import { unknownDevice, type DeviceUpdateState, type OpenUpdate, type Registration } from './device-update.state.js';
import { ended } from './endings.js';

type Identity = Omit<Extract<Registration, { status: 'registered' }>, 'status'>;

/** What rollouts choose a device by, as an event says it. */
export function identityIn({ model, fleet, tags = [] }: { model: string; fleet?: string; tags?: string[] }): Identity {
  return { model, tags, ...(fleet !== undefined && { fleet }) };
}

/** The device after it was changed. An update for the model before ends, unless the device installs it already. */
export function changed(state: DeviceUpdateState, event: StoredEvent<'DeviceChanged'>): DeviceUpdateState {
  const { registration } = state;
  if (registration.status === 'unknown') return state;
  const next: DeviceUpdateState = {
    ...state,
    registration: { ...identityIn(event.data), status: registration.status },
  };
  return { ...next, update: unlessUnfit(next, event) };
}

/** A device that was revoked may be told again. One of which no more is known than that stays out. */
export function reinstated(state: DeviceUpdateState): DeviceUpdateState {
  const { registration } = state;
  if (registration.status !== 'revoked' || registration.model === undefined) return state;
  const { model, fleet, tags = [] } = registration;
  return { ...state, registration: { status: 'registered', model, tags, ...(fleet !== undefined && { fleet }) } };
}

/**
 * Nothing is left of a device that was taken out of service, for whichever gets the id next, but what keeps apart their updates and requests: the
 * number of the last update, and the requests that wait or were answered. Its open update ends.
 */
export function removed(state: DeviceUpdateState, event: EventRef & { position: number }): DeviceUpdateState {
  const { requests, answered, last_number } = state;
  const update = ofFormerLife(ended(state.update, atRemoval, event));
  const removal = { ...refOf(event), position: event.position };
  return { ...unknownDevice, requests, answered, last_number, update, removal };
}

/** The open update of a device, ended where it was decided on before the log said that it is none for that device. */
export function unlessUnfit({ registration, update, removal }: DeviceUpdateState, event: EventRef): OpenUpdate {
  if (update.status === 'none' || update.status === 'ending') return update;
  if (registration.status === 'unknown')
    return removal === undefined ? update : ofFormerLife(ended(update, atRemoval, event));
  const isOther = registration.model !== undefined && registration.model !== update.plan.model;
  if (!isOther || isBeingInstalled(update)) return update;
  const detail = `The update is for a ${update.plan.model}; the device is a ${registration.model}.`;
  return ended(update, { outcome: 'cancelled', code: 'model-mismatch', detail }, event);
}

const atRemoval = {
  ...{ outcome: 'cancelled' as const, code: 'device-removed', detail: 'The device was taken out of service.' },
};

/** How an update ended may be known already; what it proves of the device before is nothing of the next one. */
function ofFormerLife(update: OpenUpdate): OpenUpdate {
  if (update.status !== 'ending') return update;
  const { release_counter: _counter, signed_by: _key, ...plan } = update.plan;
  return { ...update, plan, gone: true };
}
