import { Refused, deriveId, toEvent, type DataOf, type DevicePublicKey, type OtaEvent } from '@edgeflow/contracts';
import { stands, type LaneEnds } from '@edgeflow/event-log';
import { isRevoked, keyInForce } from '../tunnel/device-lane.js';
import { SOURCE, deviceLane } from '../tunnel/tunnel.events.js';

export type Registration = DataOf<'DeviceRegistered'>;

/** Where a fact of the registry stands, and what it says; `isNew` when the log did not say so before. */
export interface Recorded<T> {
  data: T;
  position: number;
  isNew: boolean;
}

/** The event of a device's registration. */
export function registeredEvent(org: string, data: Registration): OtaEvent<'DeviceRegistered'> {
  const { device_id, model, public_key } = data;
  const id = deriveId('evt', org, device_id, 'registered', model, public_key.x);
  const about = { id, source: SOURCE, time: new Date().toISOString() };
  return toEvent(deviceLane({ org, device_id }), { type: 'DeviceRegistered', data }, about);
}

/**
 * The registration that a device has already, with the key that is in force; undefined for a device that nobody knows.
 * @throws Refused `device-exists` when it is known with another key or model, or with one that cannot be read, `device-revoked`
 */
export function registeredAlready(lane: LaneEnds, wanted: Registration): Recorded<Registration> | undefined {
  if (isRevoked(lane)) throw new Refused('device-revoked');
  if (!stands(lane, 'DeviceRegistered')) return undefined;
  const known = lane.last.DeviceRegistered;
  const public_key = keyInForce(lane);
  if (!known || !public_key) throw new Refused('device-exists');
  if (known.data.model !== wanted.model || !isSameKey(public_key, wanted.public_key))
    throw new Refused('device-exists');
  return { data: { ...known.data, public_key }, position: known.position, isNew: false };
}

/** True for the same Ed25519 key. */
export function isSameKey(one: DevicePublicKey, other: DevicePublicKey): boolean {
  return one.x === other.x;
}
