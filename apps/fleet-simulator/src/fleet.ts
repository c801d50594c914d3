import { Refused } from '@edgeflow/contracts';
import {
  Connections,
  DeviceAgent,
  deviceKeyFromSeed,
  enrolled,
  orgOfClaim,
  registerDevice,
  silentLog,
  type AgentNotice,
  type DeviceKey,
  type Plan,
} from '@edgeflow/device-agent';
import type { Entropy, Machine } from '@edgeflow/runtime';
import type { Person } from './population.js';
import { scriptOf } from './script.js';
import { randomOf } from './seeded-random.js';
import type { Settings } from './settings.js';
import { SimulatedDevice } from './simulated-device.js';
import { emptyTally, type Tally } from './tally.js';

/** What a process needs to run its part of the fleet. */
export interface FleetOptions {
  settings: Settings;
  people: readonly Person[];
  /** New devices a second in this process. */
  rate: number;
  ca?: string;
  claim_token: string;
}

/** The part of the fleet that lives in one process. */
export class Fleet {
  readonly tally: Tally = emptyTally();
  private readonly stopping = new AbortController();
  private readonly connections: Connections;
  private readonly agents = new Map<Person, DeviceAgent>();
  private readonly devices = new Map<Person, SimulatedDevice>();

  constructor(
    private readonly options: FleetOptions,
    private readonly machine: Machine,
  ) {
    const { ca, settings, people } = options;
    this.connections = new Connections({ max_sockets: settings.downloads, ...(ca !== undefined && { ca }) });
    this.tally.devices = people.length;
  }

  /** Brings the devices up at the rate; settles when the last one was begun, or the fleet was stopped. */
  async start(): Promise<void> {
    const { people, rate } = this.options;
    const { clock } = this.machine;
    const began = clock.steady_ms();
    const { signal } = this.stopping;
    for (const [n, person] of people.entries()) {
      const wait_ms = (1000 * n) / rate - (clock.steady_ms() - began);
      if (wait_ms > 0) await clock.sleep(wait_ms, { signal });
      if (signal.aborted) return;
      void this.bring(person).catch((error: unknown) => this.lose(error));
    }
  }

  /** Stops all devices. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.agents.values()].map((agent) => agent.stop()));
    this.connections.close();
  }

  /** The devices with the versions that they run now. */
  async census(): Promise<Person[]> {
    return Promise.all(
      this.options.people.map(async (person) => {
        const running = await this.devices.get(person)?.running();
        return { ...person, version: running?.version ?? person.version };
      }),
    );
  }

  private async bring(person: Person): Promise<void> {
    const { settings, claim_token } = this.options;
    const { origin, model, fleet } = settings;
    const { device_id } = person;
    const { connections, stopping } = this;
    const key = keyOf(person);
    const entropy = this.entropyOf(person);
    const { signing } = await registerDevice(
      { device_id, model, public_key: key.public_key, ...(fleet !== undefined && { fleet }) },
      { ...this.machine, origin, connections, signal: stopping.signal, log: silentLog, claim_token, entropy },
    );
    if (stopping.signal.aborted) return;
    const platform = this.makeDevice(person);
    if (signing) await platform.trust.change((trust) => enrolled(trust, signing));
    await this.boot(person, platform);
  }

  private async boot(person: Person, platform: SimulatedDevice): Promise<void> {
    const { settings, claim_token } = this.options;
    const { origin, model } = settings;
    const { device_id } = person;
    const agent = new DeviceAgent({
      ...{ origin, device_id, model, key: keyOf(person), connections: this.connections, platform },
      clock: this.machine.clock,
      entropy: this.entropyOf(person),
      org: orgOfClaim(claim_token),
      agent: 'edgeflow-fleet-simulator',
      consent: (plan) => Promise.resolve(platform.consentTo(plan)),
      onNotice: this.counter(),
    });
    this.agents.set(person, agent);
    await agent.start();
  }

  /** The boot loader takes the new version back after a while, and the agent comes up on the old one. */
  private async revert(person: Person, platform: SimulatedDevice, plan: Plan): Promise<void> {
    const { signal } = this.stopping;
    await this.machine.clock.sleep(this.options.settings.revertAfterMs, { signal });
    if (signal.aborted || !(await platform.revert(plan))) return;
    this.count('reverted');
    await this.agents.get(person)?.stop();
    if (!signal.aborted) await this.boot(person, platform);
  }

  private makeDevice(person: Person): SimulatedDevice {
    const { settings } = this.options;
    const device: SimulatedDevice = new SimulatedDevice({
      ...this.machine,
      version: person.version,
      bandwidth: settings.bandwidth,
      postpone_s: settings.postponeS,
      scriptFor: (plan) => scriptOf(settings, person.device_id, plan),
      onBytes: (bytes) => void (this.tally.bytes += bytes),
      onSilent: () => {
        this.count('goes-silent');
        void this.agents.get(person)?.stop();
      },
      onRevert: (plan) => void this.revert(person, device, plan).catch((error: unknown) => this.lose(error)),
    });
    this.devices.set(person, device);
    return device;
  }

  /** Counts what one device tells. */
  private counter(): (notice: AgentNotice) => void {
    const { tally } = this;
    const { clock } = this.machine;
    let [connected, offered_ms] = [false, 0];
    return (notice) => {
      if (notice.type !== 'moved') {
        const now = notice.type === 'connected';
        tally.connected += Number(now) - Number(connected);
        connected = now;
      } else if (notice.state.status === 'downloading') offered_ms = clock.steady_ms();
      else if (notice.state.status === 'failed') this.count(notice.state.code);
      else if (notice.state.status === 'idle') tally.cancelled += 1;
      else if (notice.state.status === 'installed') {
        tally.updated += 1;
        tally.durations_ms.push(clock.steady_ms() - offered_ms);
      }
    };
  }

  /** What it waits comes from the seed; what must not come twice, from the machine. */
  private entropyOf({ device_id }: Person): Entropy {
    const random = randomOf('jitter', this.options.settings.seed, device_id);
    return Object.assign({}, this.machine.entropy, { random });
  }

  private count(code: string): void {
    this.tally.failed[code] = (this.tally.failed[code] ?? 0) + 1;
  }

  /** A device that the cloud does not take is counted, not retried: the same answer would come again. */
  private lose(error: unknown): void {
    if (!this.stopping.signal.aborted) this.count(error instanceof Refused ? error.code : 'not-started');
  }
}

function keyOf({ key_seed }: Person): DeviceKey {
  return deviceKeyFromSeed(Buffer.from(key_seed, 'base64url'));
}
