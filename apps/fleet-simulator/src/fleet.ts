import { Refused } from '@edgeflow/contracts';
import {
  Connections,
  DeviceAgent,
  deviceKeyFromSeed,
  enrolled,
  orgOfClaim,
  parseOrigin,
  pause,
  registerDevice,
  silentLog,
  type AgentNotice,
  type DeviceKey,
  type Registered,
} from '@edgeflow/device-agent';
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
  private readonly agents = new Set<DeviceAgent>();
  private readonly devices = new Map<Person, SimulatedDevice>();

  constructor(private readonly options: FleetOptions) {
    const { ca, settings, people } = options;
    this.connections = new Connections({ max_sockets: settings.downloads, ...(ca !== undefined && { ca }) });
    this.tally.devices = people.length;
  }

  /** Brings the devices up at the rate; settles when the last one was begun, or the fleet was stopped. */
  async start(): Promise<void> {
    const { people, rate } = this.options;
    const began = performance.now();
    const { signal } = this.stopping;
    for (const [n, person] of people.entries()) {
      const wait_ms = (1000 * n) / rate - (performance.now() - began);
      if (wait_ms > 0) await pause(wait_ms, signal);
      if (signal.aborted) return;
      void this.bring(person).catch((error: unknown) => this.lose(error));
    }
  }

  /** Stops all devices. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.agents].map((agent) => agent.stop()));
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
    const { origin, model, seed } = settings;
    const { connections, stopping } = this;
    const { device_id } = person;
    const key = deviceKeyFromSeed(Buffer.from(person.key_seed, 'base64url'));
    const random = randomOf('jitter', seed, device_id);
    const { signing } = await this.register(device_id, key, random);
    if (stopping.signal.aborted) return;
    const gone = (): void => void agent.stop();
    const platform = this.makeDevice(person, gone);
    if (signing) await platform.trust.change((trust) => enrolled(trust, signing));
    const agent: DeviceAgent = new DeviceAgent({
      origin,
      device_id,
      model,
      key,
      connections,
      random,
      org: orgOfClaim(claim_token),
      platform,
      agent: 'edgeflow-fleet-simulator',
      onNotice: this.counter(),
    });
    this.agents.add(agent);
    await agent.start();
  }

  private async register(device_id: string, { public_key }: DeviceKey, random: () => number): Promise<Registered> {
    const { settings, claim_token } = this.options;
    const { model, fleet, origin } = settings;
    return registerDevice(
      { device_id, model, public_key, ...(fleet !== undefined && { fleet }) },
      {
        url: parseOrigin(origin).registration,
        connections: this.connections,
        signal: this.stopping.signal,
        log: silentLog,
        claim_token,
        random,
      },
    );
  }

  private makeDevice(person: Person, gone: () => void): SimulatedDevice {
    const { settings } = this.options;
    const device = new SimulatedDevice({
      version: person.version,
      bandwidth: settings.bandwidth,
      scriptFor: (plan) => scriptOf(settings, person.device_id, plan),
      onBytes: (bytes) => void (this.tally.bytes += bytes),
      onSilent: () => {
        this.count('goes-silent');
        gone();
      },
    });
    this.devices.set(person, device);
    return device;
  }

  /** Counts what one device tells. */
  private counter(): (notice: AgentNotice) => void {
    const { tally } = this;
    let [connected, offered_ms] = [false, 0];
    return (notice) => {
      if (notice.type !== 'moved') {
        const now = notice.type === 'connected';
        tally.connected += Number(now) - Number(connected);
        connected = now;
      } else if (notice.state.status === 'downloading') offered_ms = performance.now();
      else if (notice.state.status === 'failed') this.count(notice.state.code);
      else if (notice.state.status === 'idle') tally.cancelled += 1;
      else if (notice.state.status === 'installed') {
        tally.updated += 1;
        tally.durations_ms.push(performance.now() - offered_ms);
      }
    };
  }

  private count(code: string): void {
    this.tally.failed[code] = (this.tally.failed[code] ?? 0) + 1;
  }

  /** A device that the cloud does not take is counted, not retried: the same answer would come again. */
  private lose(error: unknown): void {
    if (!this.stopping.signal.aborted) this.count(error instanceof Refused ? error.code : 'not-started');
  }
}
