import type { GatewayCore } from '@edgeflow/app-device-gateway/core';
import { MemoryNetwork, type MemoryGateway } from '@edgeflow/app-device-gateway/memory';
import { deviceKeyFromSeed, type DeviceKey } from '@edgeflow/device-agent';
import type { SeededEntropy, Trace, VirtualTime } from '@edgeflow/simulation';
import type { Ran } from '../devices/diary.js';
import { AgentDevice } from '../devices/agent-device.js';
import { PoweredDevice, type Hardware } from '../devices/powered-device.js';
import { RudeDevice } from '../devices/rude-device.js';
import type { AtRest } from '../invariants/at-rest.js';
import { within } from '../invariants/invariant.js';
import { FACTORY_VERSION, type SceneDevice } from '../scene/scene.js';
import { LANES, type Servers } from './servers.js';

export interface PopulationOptions {
  time: VirtualTime;
  entropy: SeededEntropy;
  servers: Servers;
  trace: Trace;
  /** The gateway that a device reaches now, if any. */
  gateway(device: SceneDevice): MemoryGateway | undefined;
  /** A program of a device came to an end that nobody wanted. */
  failed(name: string, error: unknown): void;
}

/** A device, with its switch, and its twin if it has one. */
interface Inhabitant {
  device: SceneDevice;
  hardware: readonly (AgentDevice | RudeDevice)[];
  switches: readonly PoweredDevice[];
}

/** A frame takes so long at most, in milliseconds. */
const WAY_MS = 80;
const HOUR_MS = 3_600_000;
/** Power and network are away for so long at most. */
const AWAY_MS = 25_000;

/** The devices of a world. */
export class Population {
  private readonly inhabitants = new Map<string, Inhabitant>();
  private tokens: ReadonlyMap<string, string> = new Map();
  private isCalm = false;
  /** When the last one of those leaves that leave, in the world's milliseconds. */
  left_at_ms = -Infinity;

  constructor(private readonly options: PopulationOptions) {}

  /** Registers those that somebody else registers, and lets the others have what they register themselves with. */
  async enrol(devices: readonly SceneDevice[], { claims, devices: registered }: GatewayCore): Promise<void> {
    const tokens = new Map<string, string>();
    for (const org of new Set(devices.map((device) => device.org))) {
      const claim = { uses: devices.length, expires_in_s: 30 * 86_400, issued_by: 'world' };
      tokens.set(org, (await claims.issue(org, claim)).token);
    }
    this.tokens = tokens;
    for (const [index, device] of devices.entries()) {
      const { org, device_id, model, fleet, kind } = device;
      const key = deviceKeyFromSeed(this.options.entropy.child(`key/${org}/${device_id}`).bytes(32, 'key'));
      const public_key = key.public_key;
      if (kind === 'rude')
        await registered.register(org, { device_id, model, fleet, public_key, registered_by: 'world' });
      this.inhabitants.set(within(device, device_id), this.made(device, key, index));
    }
  }

  /** @param acts_ms in which something happens */
  start(acts_ms: number): void {
    for (const { switches } of this.inhabitants.values()) for (const power of switches) power.start();
    for (const inhabitant of this.inhabitants.values()) {
      const { temper } = inhabitant.device;
      this.again(temper.power_cuts, inhabitant, (power, away_ms) => power.cut(away_ms));
      this.again(temper.losses, inhabitant, (power) => power.loseNetwork());
      if (temper.leaves !== undefined) this.leaves(inhabitant, temper.leaves * acts_ms);
    }
  }

  /** From now on nothing is cut by chance. */
  calm(): void {
    this.isCalm = true;
  }

  /** Everything is looked at: no device does anything any more. */
  freeze(): void {
    for (const { switches } of this.inhabitants.values()) for (const power of switches) power.freeze();
  }

  /** The switch of a device. */
  switchOf(org: string, device_id: string): PoweredDevice | undefined {
    return this.inhabitants.get(within({ org }, device_id))?.switches[0];
  }

  /** All switches. */
  switches(): PoweredDevice[] {
    return [...this.inhabitants.values()].flatMap(({ switches }) => switches);
  }

  /** A device loses its power for good. @returns false where there is none */
  takeAway(org: string, device_id: string): boolean {
    const { switches = [] } = this.inhabitants.get(within({ org }, device_id)) ?? {};
    if (switches.length > 0) this.left_at_ms = Math.max(this.left_at_ms, this.options.time.now_ms);
    for (const power of switches) power.remove();
    return switches.length > 0;
  }

  /** A real agent loses its power at a step of its disk. @returns false where there is none */
  losesPowerAt(org: string, device_id: string, { calls, for_ms }: { calls: number; for_ms: number }): boolean {
    const { hardware, switches } = this.inhabitants.get(within({ org }, device_id)) ?? {};
    const [agent, power] = [hardware?.[0], switches?.[0]];
    if (!(agent instanceof AgentDevice) || !power?.isOn) return false;
    void agent.goesDownAfter(calls).then(() => power.cut(for_ms));
    return true;
  }

  /** What a device has run between two times of the world, and its twin, if it has one. */
  ran(org: string, device_id: string, from_ms: number, to_ms: number): Ran[] {
    const hardware = this.inhabitants.get(within({ org }, device_id))?.hardware ?? [];
    return hardware.flatMap(({ diary }) => diary.between(from_ms, to_ms));
  }

  /** Whether the disk of a device had no room between two times of the world; of one that has none, or has a twin, it may be. */
  wasFull(org: string, device_id: string, from_ms: number, to_ms: number): boolean {
    const { device, hardware } = this.inhabitants.get(within({ org }, device_id)) ?? {};
    const isAgent = device?.kind === 'agent' && hardware?.length === 1;
    return !isAgent || this.options.servers.weather.disks.wasFull(device_id, from_ms, to_ms);
  }

  /** The real agents, which have disks that can be looked at. */
  agents(): AgentDevice[] {
    const all = [...this.inhabitants.values()].flatMap(({ hardware }) => hardware);
    return all.filter((one) => one instanceof AgentDevice);
  }

  /** What devices know of themselves; of two with one identity nobody knows what is to be heard. */
  atRest(): AtRest[] {
    return [...this.inhabitants.values()].flatMap(({ device: { org, device_id }, hardware, switches }) => {
      const [power, twin] = switches;
      const [own] = hardware;
      return power && own && !twin ? [{ org, device_id, isGone: power.isGone, ...own.knows }] : [];
    });
  }

  /** The devices that have said nothing else since: a frozen one may answer what was on its way to it, and hears no more what becomes of that. */
  stillAs(before: readonly AtRest[]): AtRest[] {
    const said = new Map(before.map((device) => [within(device, device.device_id), device.version]));
    return this.atRest().filter((device) => said.get(within(device, device.device_id)) === device.version);
  }

  private made(device: SceneDevice, key: DeviceKey, index: number): Inhabitant {
    const { temper } = device;
    const hardware = this.hardware(device, key, 0);
    const twins = temper.has_twin ? [hardware, this.hardware(device, key, 1)] : [hardware];
    const lane = LANES.devices + 2 * index;
    return { device, hardware: twins, switches: twins.map((one, twin) => this.power(device, one, lane + twin)) };
  }

  private power({ offset_ms, drift_ppm, device_id }: SceneDevice, hardware: Hardware, lane: number): PoweredDevice {
    const { time, entropy } = this.options;
    return new PoweredDevice(hardware, {
      time,
      lane,
      offset_ms,
      drift_ppm,
      entropy: entropy.child(`power/${device_id}`),
    });
  }

  private hardware(device: SceneDevice, key: DeviceKey, twin: number): AgentDevice | RudeDevice {
    const { time, trace, failed } = this.options;
    const { org, device_id, model, fleet, temper, kind } = device;
    const name = `${device_id}${twin > 0 ? '-twin' : ''}`;
    const entropy = this.options.entropy.child(`device/${name}`);
    const now_ms = (): number => time.now_ms;
    const common = {
      identity: { org, device_id, model, key },
      temper,
      entropy,
      factory_version: FACTORY_VERSION,
      now_ms,
    };
    const network = this.network(device, name);
    if (kind === 'rude') return new RudeDevice({ ...common, network });
    return new AgentDevice({
      disk: this.options.servers.weather.disks.of(name),
      ...{ ...common, network, fleet, claim_token: this.tokens.get(org) ?? '' },
      notice: (notice) => trace.note(name, 'agent', notice.type === 'moved' ? notice.state.status : notice.type),
      failed: (error) => failed(name, error),
    });
  }

  private network(device: SceneDevice, name: string): MemoryNetwork {
    const { time, entropy, servers, gateway } = this.options;
    const ways = entropy.child(`network/${name}`);
    return new MemoryNetwork({
      ...{ device: name, ip: '10.0.0.1', clock: time.clock({ lane: LANES.networks }), store: servers.store },
      gateway: () => gateway(device),
      again_ms: () => servers.weather.network.again_ms('devices'),
      delay_ms: (trip) => servers.weather.network.delay_ms(trip, ways.random(trip.of) * WAY_MS),
    });
  }

  private leaves({ device }: Inhabitant, in_ms: number): void {
    const { time } = this.options;
    const at_ms = time.now_ms + in_ms;
    this.left_at_ms = Math.max(this.left_at_ms, at_ms);
    time.at(at_ms, () => this.takeAway(device.org, device.device_id));
  }

  /** So often an hour, at times that are drawn. */
  private again(often: number, inhabitant: Inhabitant, does: (power: PoweredDevice, away_ms: number) => void): void {
    if (often === 0) return;
    const { time, entropy } = this.options;
    const chance = entropy.child(`cuts/${inhabitant.device.device_id}`);
    const next = (): void => {
      const in_ms = (-Math.log(1 - chance.random('when')) * HOUR_MS) / often;
      time.at(time.now_ms + in_ms, () => {
        if (this.isCalm) return;
        for (const power of inhabitant.switches) does(power, chance.random('away') * AWAY_MS);
        next();
      });
    };
    next();
  }
}
