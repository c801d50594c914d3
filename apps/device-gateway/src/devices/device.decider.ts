import { Refused, unreachable } from '@edgeflow/contracts';
import type { DataOf, Decided, Decider, DevicePublicKey, Fact, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { changeOf, type Change } from './device-change.js';

export type Registration = DataOf<'DeviceRegistered'>;

/** The newest event of a name. `unread`: it stands there in words that this build does not know, and must not be believed away. */
type Newest<N extends Identity> =
  { status: 'none' } | { status: 'unread' } | { status: 'known'; position: number; data: DataOf<N> };

/** Who a device is, and whether it may connect. */
export interface RegisteredDevice {
  registered: Newest<'DeviceRegistered'>;
  rotated: Newest<'DeviceKeyRotated'>;
  changed: Newest<'DeviceChanged'>;
  revoked: Newest<'DeviceRevoked'>;
  reinstated: Newest<'DeviceReinstated'>;
  /** Where the life before this one ended, the newest removal; 0 in the first. What stands before it is of another device. */
  born_after: number;
}

export type DeviceCommand =
  | { type: 'Register'; registration: Registration }
  | { type: 'RotateKey'; rotation: DataOf<'DeviceKeyRotated'> }
  /** @see Change */
  | { type: 'Change'; change: Change }
  | { type: 'Revoke'; revocation: DataOf<'DeviceRevoked'> }
  | { type: 'Reinstate'; reinstatement: DataOf<'DeviceReinstated'> }
  | { type: 'Remove'; removal: DataOf<'DeviceRemoved'> }
  /** Something was refused to it: what is not registered has no timeline. */
  | { type: 'Note'; refusal: DataOf<'DeviceRefused'> };

/** What says who a device is; the rest of its stream is what it does. */
export const IDENTITY = [
  ...(['DeviceRegistered', 'DeviceKeyRotated', 'DeviceChanged'] as const),
  ...(['DeviceRevoked', 'DeviceReinstated', 'DeviceRemoved'] as const),
] as const;
type Identity = (typeof IDENTITY)[number];

export type DeviceFact = Fact<Identity | 'DeviceRefused'>;

const NONE = { status: 'none' } as const;
const UNREAD = { status: 'unread' } as const;
const initial: RegisteredDevice = {
  ...{ registered: NONE, rotated: NONE, changed: NONE, revoked: NONE, reinstated: NONE, born_after: 0 },
};

/** Who a device is, on its own stream, of which the newest of each name says all. */
export const deviceDecider: Decider<RegisteredDevice, DeviceCommand, DeviceFact, Identity> = {
  initial,
  newest: ['device'],
  takes: IDENTITY,
  evolve,
  pass,
  decide,
};

/** True for a device that may not connect, in whatever words. */
export function isRevoked({ revoked }: RegisteredDevice): boolean {
  return revoked.status !== 'none';
}

/**
 * The key with which a device signs its tokens; undefined for a device that is not registered, and for one whose newest key cannot be read: the
 * one before it must not be taken any more.
 */
export function keyInForce({ registered, rotated }: RegisteredDevice): DevicePublicKey | undefined {
  if (rotated.status === 'unread' || registered.status !== 'known') return undefined;
  return (rotated.status === 'known' ? rotated : registered).data.public_key;
}

/** The device as it is now; undefined for one that is not registered, or whose registration or key cannot be read. */
export function registrationInForce(device: RegisteredDevice): Registration | undefined {
  const { registered, changed } = device;
  const public_key = keyInForce(device);
  if (registered.status !== 'known' || !public_key) return undefined;
  if (changed.status !== 'known') return { ...registered.data, public_key };
  const { fleet: _, ...rest } = registered.data;
  const { model, fleet, tags } = changed.data;
  return { ...rest, model, ...(fleet !== undefined && { fleet }), tags, public_key };
}

function evolve(device: RegisteredDevice, event: StoredEvent<Identity>): RegisteredDevice {
  const { position } = event;
  switch (event.type) {
    case 'DeviceRegistered':
      return { ...device, registered: { status: 'known', position, data: event.data } };
    case 'DeviceKeyRotated':
      return { ...device, rotated: { status: 'known', position, data: event.data } };
    case 'DeviceChanged':
      return { ...device, changed: { status: 'known', position, data: event.data } };
    case 'DeviceRevoked':
      return { ...device, revoked: { status: 'known', position, data: event.data }, reinstated: NONE };
    case 'DeviceReinstated':
      return { ...device, reinstated: { status: 'known', position, data: event.data }, revoked: NONE };
    case 'DeviceRemoved':
      return { ...initial, born_after: position };
    default:
      return unreachable(event);
  }
}

/** What takes a device out counts in whatever words; what lets it in again, or changes it, only when it can be read. */
function pass(device: RegisteredDevice, { type, position }: UnreadEvent): RegisteredDevice {
  switch (type) {
    case 'DeviceRegistered':
      return { ...device, registered: UNREAD };
    case 'DeviceKeyRotated':
      return { ...device, rotated: UNREAD };
    case 'DeviceRevoked':
      return { ...device, revoked: UNREAD };
    case 'DeviceRemoved':
      return { ...initial, born_after: position };
    default:
      return device;
  }
}

function decide(command: DeviceCommand, device: RegisteredDevice): Decided<DeviceFact> {
  switch (command.type) {
    case 'Register':
      return register(command.registration, device);
    case 'RotateKey':
      return rotate(command.rotation, device);
    case 'Change':
      return change(command.change, device);
    case 'Revoke':
      if (device.registered.status === 'none') return new Refused('device-unknown');
      return device.revoked.status === 'known' ? [] : [{ type: 'DeviceRevoked', data: command.revocation }];
    case 'Reinstate':
      return reinstate(command.reinstatement, device);
    case 'Remove':
      if (!isThere(device)) return new Refused('device-unknown');
      return [{ type: 'DeviceRemoved', data: command.removal }];
    case 'Note':
      return device.registered.status === 'none' ? [] : [{ type: 'DeviceRefused', data: command.refusal }];
    default:
      return unreachable(command);
  }
}

function register(wanted: Registration, device: RegisteredDevice): Decided<DeviceFact> {
  if (isRevoked(device)) return new Refused('device-revoked');
  if (device.registered.status === 'none') return [{ type: 'DeviceRegistered', data: wanted }];
  const now = registrationInForce(device);
  const isSame = now?.model === wanted.model && isSameKey(now.public_key, wanted.public_key);
  return isSame ? [] : new Refused('device-exists');
}

function rotate(wanted: DataOf<'DeviceKeyRotated'>, device: RegisteredDevice): Decided<DeviceFact> {
  if (device.registered.status !== 'known' && device.rotated.status !== 'known') return new Refused('device-unknown');
  if (isRevoked(device)) return new Refused('device-revoked');
  const key = keyInForce(device);
  return key && isSameKey(key, wanted.public_key) ? [] : [{ type: 'DeviceKeyRotated', data: wanted }];
}

function change(wanted: Change, device: RegisteredDevice): Decided<DeviceFact> {
  const now = registrationInForce(device);
  if (!now) return new Refused('device-unknown');
  return isRevoked(device) ? new Refused('device-revoked') : changeOf(now, wanted);
}

function reinstate(wanted: DataOf<'DeviceReinstated'>, device: RegisteredDevice): Decided<DeviceFact> {
  if (!isThere(device)) return new Refused('device-unknown');
  return isRevoked(device) ? [{ type: 'DeviceReinstated', data: wanted }] : new Refused('device-not-revoked');
}

/** True for a device of which anything stands, in whatever words, that is not of a life before. */
function isThere({ registered, rotated, revoked }: RegisteredDevice): boolean {
  return [registered, rotated, revoked].some(({ status }) => status !== 'none');
}

/** True for the same Ed25519 key. */
function isSameKey(one: DevicePublicKey, other: DevicePublicKey): boolean {
  return one.x === other.x;
}
