import { Refused, deriveId, toEvent, type DataOf, type DevicePublicKey, type OtaEvent } from '@edgeflow/contracts';
import { onFreshLanes, stands, type EventLog, type LaneEnds } from '@edgeflow/event-log';
import { isRevoked, keyInForce } from '../tunnel/device-lane.js';
import { keyRotated, revoked } from '../tunnel/ending.js';
import { SOURCE, deviceLane } from '../tunnel/tunnel.events.js';
import type { DeviceAddress, Tunnels } from '../tunnel/tunnels.js';
import { isSameKey, registeredAlready, registeredEvent, type Recorded, type Registration } from './registering.js';

/** A device as the log has it. */
export interface KnownDevice {
  model: string;
  /** The key that is in force. */
  public_key: DevicePublicKey;
  revoked: boolean;
}

type DeviceFact = 'DeviceRegistered' | 'DeviceKeyRotated' | 'DeviceRevoked';

/** What a lane says already, or the event that is to be added. */
type Outcome<N extends DeviceFact> = Recorded<DataOf<N>> | OtaEvent<N>;

/** The devices that may connect: registered, each with its key, and not revoked. Its state is the log's device lanes. */
export class Devices {
  constructor(
    private readonly log: EventLog,
    private readonly tunnels: Tunnels,
  ) {}

  /** The time by which what devices have signed is judged: the log's, since a machine whose clock is wrong would refuse them all. */
  now(): Date {
    return this.log.clock.now();
  }

  /** @throws Refused `log-unavailable` */
  async find(device: DeviceAddress): Promise<KnownDevice | undefined> {
    const lane = await this.log.lastOfEach(deviceLane(device));
    const public_key = keyInForce(lane);
    const { DeviceRegistered } = lane.last;
    if (!DeviceRegistered || !public_key) return undefined;
    return { model: DeviceRegistered.data.model, public_key, revoked: isRevoked(lane) };
  }

  /**
   * Registers a device; the same device again is no change.
   * @throws Refused `device-exists` when it is known with another key or model, `device-revoked`, `log-unavailable`, `log-full`
   */
  register(org: string, registration: Registration): Promise<Recorded<Registration>> {
    const { device_id } = registration;
    return this.record<'DeviceRegistered'>(
      { org, device_id },
      (lane) => registeredAlready(lane, registration) ?? registeredEvent(org, registration),
    );
  }

  /**
   * Gives a device another key; the one before is refused from now on, and a tunnel that it opened ends. Again is no change.
   * @throws Refused `device-unknown`, `device-revoked`, `log-unavailable`, `log-full`
   */
  async rotate(org: string, rotation: DataOf<'DeviceKeyRotated'>): Promise<number> {
    const device = { org, device_id: rotation.device_id };
    const { position, isNew } = await this.record(
      device,
      (lane) => rotatedAlready(lane, rotation) ?? rotatedEvent(org, lane, rotation),
    );
    if (isNew) this.tunnels.end(device, keyRotated);
    return position;
  }

  /**
   * Revokes a device for good and ends its tunnel here; other gateways hear of it.
   * @throws Refused `device-unknown`, `log-unavailable`, `log-full`
   */
  async revoke(org: string, revocation: DataOf<'DeviceRevoked'>): Promise<number> {
    const device = { org, device_id: revocation.device_id };
    const { position } = await this.record(device, (lane) => revokedAlready(lane) ?? revokedEvent(org, revocation));
    this.tunnels.end(device, revoked);
    return position;
  }

  /** Look, decide, append, and again when the lane moved on meanwhile. */
  private record<N extends DeviceFact>(
    device: DeviceAddress,
    decide: (lane: LaneEnds) => Outcome<N>,
  ): Promise<Recorded<DataOf<N>>> {
    return onFreshLanes(async () => {
      const lane = await this.log.lastOfEach(deviceLane(device));
      const outcome = decide(lane);
      if ('position' in outcome) return outcome;
      const { last: position } = await this.log.append([outcome as OtaEvent], { after: lane.position });
      return { data: outcome.data as DataOf<N>, position, isNew: true };
    });
  }
}

function revokedAlready(lane: LaneEnds): Recorded<DataOf<'DeviceRevoked'>> | undefined {
  if (!stands(lane, 'DeviceRegistered')) throw new Refused('device-unknown');
  const { DeviceRevoked: known } = lane.last;
  return known && { data: known.data, position: known.position, isNew: false };
}

function revokedEvent(org: string, data: DataOf<'DeviceRevoked'>): OtaEvent<'DeviceRevoked'> {
  const id = deriveId('evt', org, data.device_id, 'revoked');
  return toEvent(deviceLane({ org, ...data }), { type: 'DeviceRevoked', data }, around(id));
}

function rotatedAlready(
  lane: LaneEnds,
  wanted: DataOf<'DeviceKeyRotated'>,
): Recorded<DataOf<'DeviceKeyRotated'>> | undefined {
  const source = lane.last.DeviceKeyRotated ?? lane.last.DeviceRegistered;
  if (!source) throw new Refused('device-unknown');
  if (isRevoked(lane)) throw new Refused('device-revoked');
  const key = keyInForce(lane);
  return key && isSameKey(key, wanted.public_key)
    ? { data: wanted, position: source.position, isNew: false }
    : undefined;
}

/** Its id names the key before it, so that a device may come to a key a second time. */
function rotatedEvent(org: string, lane: LaneEnds, data: DataOf<'DeviceKeyRotated'>): OtaEvent<'DeviceKeyRotated'> {
  const unread = lane.unread.find(({ type }) => type === 'DeviceKeyRotated');
  const before = (unread ?? lane.last.DeviceKeyRotated ?? lane.last.DeviceRegistered)?.id ?? '';
  const id = deriveId('evt', org, data.device_id, 'rotated', data.public_key.x, before);
  return toEvent(deviceLane({ org, ...data }), { type: 'DeviceKeyRotated', data }, around(id));
}

function around(id: string): { id: string; source: string; time: string } {
  return { id, source: SOURCE, time: new Date().toISOString() };
}
