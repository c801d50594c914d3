import { deviceStream, updateStream, type DataOf, type DevicePublicKey } from '@edgeflow/contracts';
import { EventLog, handle } from '@edgeflow/event-log';
import { hasOpenUpdate, registeredIn } from '../session/device-stream.js';
import { keyRotated, modelChanged, removed, revoked, type Ending } from '../session/ending.js';
import { SOURCE } from '../session/session.events.js';
import { Sessions } from '../session/sessions.js';
import type { DeviceAddress } from './device-address.js';
import type { Change } from './device-change.js';
import {
  deviceDecider,
  isRevoked,
  registrationInForce,
  type DeviceCommand,
  type RegisteredDevice,
  type Registration,
} from './device.decider.js';
import type { Looked } from './looked.js';
import { recordedIn, type Recorded } from './recorded-registration.js';

/** A device as the log has it. */
export interface KnownDevice {
  model: string;
  /** The key that is in force. */
  public_key: DevicePublicKey;
  revoked: boolean;
  /** Where the life before this one ended; 0 in the first. */
  born_after: number;
  /** Its stream when it was looked at. */
  looked: Looked;
}

/** The devices that may connect: registered, each with its key, and not revoked. Its state is the log's device streams. */
export class Devices {
  constructor(
    private readonly log: EventLog,
    private readonly sessions: Sessions,
  ) {}

  /** The time by which what devices have signed is judged, and what becomes of it is stamped: the log's, since a machine whose clock is wrong would refuse them all. */
  now(): Date {
    return this.log.clock.now();
  }

  /** @throws Refused `log-unavailable` */
  async find(device: DeviceAddress): Promise<KnownDevice | undefined> {
    const { epoch } = this.log;
    const stream = await this.log.lastOfEach(deviceStream(device));
    const state = registeredIn(stream);
    const now = registrationInForce(state);
    if (!now) return undefined;
    const { model, public_key } = now;
    const { born_after } = state;
    return { model, public_key, revoked: isRevoked(state), born_after, looked: { stream, epoch } };
  }

  /**
   * Registers a device; the same device again is no change.
   * @throws Refused `device-exists` when it is known with another key or model, `device-revoked`, `log-unavailable`, `log-full`
   */
  async register(org: string, registration: Registration): Promise<Recorded> {
    const { device_id } = registration;
    const { states, facts } = await this.handle({ org, device_id }, { type: 'Register', registration });
    return recordedIn(states[0], facts.length > 0);
  }

  /**
   * Gives a device another key; the one before is refused from now on, and a session that it opened ends. Again is no change.
   * @returns the position of the event that says so
   * @throws Refused `device-unknown`, `device-revoked`, `log-unavailable`, `log-full`
   */
  async rotate(org: string, rotation: DataOf<'DeviceKeyRotated'>): Promise<number> {
    const device = { org, device_id: rotation.device_id };
    const { states, facts, position } = await this.handle(device, { type: 'RotateKey', rotation });
    if (facts.length > 0) this.sessions.end(device, keyRotated);
    const [{ registered, rotated }] = states;
    const said = rotated.status === 'known' ? rotated : registered;
    return said.status === 'known' ? said.position : position;
  }

  /**
   * Changes the fleet, the tags or the model of a device; what is so already is no change. A session ends where the model is another one: its
   * device said that it is the one before.
   * @returns the device as it is now, at the position of the event that says so last
   * @throws Refused `device-unknown`, `device-revoked`, `update-in-progress`, `log-unavailable`, `log-full`
   */
  async change(org: string, change: Omit<Change, 'busy'>): Promise<Recorded> {
    const device = { org, device_id: change.device_id };
    const busy = change.model !== undefined && (await this.isBusy(device));
    const { states, facts } = await this.handle(device, { type: 'Change', change: { ...change, busy } });
    const isOther = facts.some((fact) => fact.type === 'DeviceChanged' && fact.data.changed.includes('model'));
    if (isOther) this.sessions.end(device, modelChanged);
    return recordedIn(states[0], facts.length > 0);
  }

  /**
   * Revokes a device and ends its session here; other gateways hear of it.
   * @returns the position of the revocation
   * @throws Refused `device-unknown`, `log-unavailable`, `log-full`
   */
  revoke(org: string, revocation: DataOf<'DeviceRevoked'>): Promise<number> {
    const where = ({ revoked: said }: RegisteredDevice) => (said.status === 'known' ? said.position : undefined);
    return this.takeOut(org, revocation, { type: 'Revoke', revocation }, { ending: revoked, where });
  }

  /**
   * Lets a revoked device in again, with the key that is in force.
   * @returns the position of the event that says so
   * @throws Refused `device-unknown`, `device-not-revoked`, `log-unavailable`, `log-full`
   */
  async reinstate(org: string, reinstatement: DataOf<'DeviceReinstated'>): Promise<number> {
    const device = { org, device_id: reinstatement.device_id };
    return (await this.handle(device, { type: 'Reinstate', reinstatement })).position;
  }

  /**
   * Takes a device out of service and ends its session here; other gateways hear of it. Its id is free.
   * @returns the position of the removal
   * @throws Refused `device-unknown`, `log-unavailable`, `log-full`
   */
  remove(org: string, removal: DataOf<'DeviceRemoved'>): Promise<number> {
    const where = ({ born_after }: RegisteredDevice) => born_after;
    return this.takeOut(org, removal, { type: 'Remove', removal }, { ending: removed, where });
  }

  private async takeOut(
    org: string,
    { device_id }: { device_id: string },
    command: DeviceCommand,
    { ending, where }: { ending: Ending; where: (device: RegisteredDevice) => number | undefined },
  ): Promise<number> {
    const device = { org, device_id };
    const { states, position } = await this.handle(device, command);
    this.sessions.end(device, ending);
    return where(states[0]) ?? position;
  }

  private async isBusy(device: DeviceAddress): Promise<boolean> {
    return hasOpenUpdate(await this.log.lastOfEach(updateStream(device)));
  }

  private handle(device: DeviceAddress, command: DeviceCommand) {
    return handle(this.log, deviceDecider, deviceStream(device), command, { by: SOURCE });
  }
}
