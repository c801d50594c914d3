import { Refused, deriveId, toEvent, type DataOf, type Fact, type StoredEvent } from '@edgeflow/contracts';
import { AlreadyAppended, Conflict, type EventLog } from '@edgeflow/event-log';
import { newestIn, type LastOfEach } from '../tunnel/device-lane.js';
import { revoked } from '../tunnel/ending.js';
import { CONFLICTS_MAX } from '../tunnel/join.js';
import { SOURCE, deviceLane } from '../tunnel/tunnel.events.js';
import type { DeviceAddress, Tunnels } from '../tunnel/tunnels.js';

export type Registration = DataOf<'DeviceRegistered'>;

/** A device as the log has it. */
export interface KnownDevice {
  registration: StoredEvent<'DeviceRegistered'>;
  revoked: boolean;
}

/** Where a fact of the registry stands; `known` when the log said so before. */
export interface Recorded<T> {
  known?: T;
  position: number;
}

/** The devices that may connect: registered, each with its key, and not revoked. Its state is the log's device lanes. */
export class Devices {
  constructor(
    private readonly log: EventLog,
    private readonly tunnels: Tunnels,
  ) {}

  /** @throws Refused `log-unavailable` */
  async find(device: DeviceAddress): Promise<KnownDevice | undefined> {
    const last = await this.log.lastOfEach(deviceLane(device));
    const registration = last.DeviceRegistered;
    return registration && { registration, revoked: last.DeviceRevoked !== undefined };
  }

  /**
   * Registers a device; the same device again is no change.
   * @throws Refused `device-exists` when it is known with another key or model, `device-revoked`, `log-unavailable`, `log-full`
   */
  register(org: string, registration: Registration): Promise<Recorded<StoredEvent<'DeviceRegistered'>>> {
    const { device_id, model, public_key } = registration;
    const id = deriveId('evt', org, device_id, 'registered', model, public_key.x);
    const fact = { type: 'DeviceRegistered' as const, data: registration };
    return this.record({ org, device_id }, { id, fact }, (last) => registeredAlready(last, registration));
  }

  /**
   * Revokes a device for good and ends its tunnel here; other gateways end theirs at their next look at the lane.
   * @throws Refused `device-unknown`, `log-unavailable`, `log-full`
   */
  async revoke(org: string, revocation: DataOf<'DeviceRevoked'>): Promise<Recorded<StoredEvent<'DeviceRevoked'>>> {
    const { device_id } = revocation;
    const id = deriveId('evt', org, device_id, 'revoked');
    const fact = { type: 'DeviceRevoked' as const, data: revocation };
    const recorded = await this.record({ org, device_id }, { id, fact }, revokedAlready);
    this.tunnels.end({ org, device_id }, revoked);
    return recorded;
  }

  /** Look, decide, append, and again when the lane moved on meanwhile. */
  private async record<T extends StoredEvent>(
    device: DeviceAddress,
    { id, fact }: { id: string; fact: Fact<'DeviceRegistered' | 'DeviceRevoked'> },
    already: (last: LastOfEach) => T | undefined,
  ): Promise<Recorded<T>> {
    const lane = deviceLane(device);
    for (let n = 1; ; n++) {
      const last = await this.log.lastOfEach(lane);
      const known = already(last);
      if (known) return { known, position: known.position };
      const event = toEvent(lane, fact, { id, source: SOURCE, time: new Date().toISOString() });
      try {
        return { position: (await this.log.append([event], { after: newestIn(last) })).last };
      } catch (error) {
        const moved = error instanceof Conflict || error instanceof AlreadyAppended;
        if (!moved || n >= CONFLICTS_MAX) throw error;
      }
    }
  }
}

function registeredAlready(last: LastOfEach, wanted: Registration): StoredEvent<'DeviceRegistered'> | undefined {
  if (last.DeviceRevoked) throw new Refused('device-revoked');
  const known = last.DeviceRegistered;
  if (!known) return undefined;
  const same = known.data.model === wanted.model && known.data.public_key.x === wanted.public_key.x;
  if (!same) throw new Refused('device-exists');
  return known;
}

function revokedAlready(last: LastOfEach): StoredEvent<'DeviceRevoked'> | undefined {
  if (!last.DeviceRegistered) throw new Refused('device-unknown');
  return last.DeviceRevoked;
}
