import { createHash } from 'node:crypto';
import { deriveId, deviceStream, toEvent, trustStream, updateStream } from '@edgeflow/contracts';
import type { EventName, EventStream, Fact, StoredEvent } from '@edgeflow/contracts';
import {
  DeviceAgent,
  DiskDevice,
  enrolled,
  orgOfClaim,
  loadOrCreateDeviceKey,
  registerDevice,
  rotateDeviceKey,
  silentLog,
  type DeviceKey,
} from '@edgeflow/device-agent';
import { MemoryFiles } from '@edgeflow/device-agent/memory';
import type { EventLog } from '@edgeflow/event-log';
import { MemoryLog, MemoryLogServer, noFaults, type MemoryLogFaults } from '@edgeflow/event-log/memory';
import type { ObjectStore } from '@edgeflow/object-store';
import { MemoryStore } from '@edgeflow/object-store/memory';
import { SeededEntropy, VirtualTime, type NodeClock } from '@edgeflow/simulation';
import { GatewayConfig, GatewayCore, type Processes } from '../core.js';
import { MemoryGateway, MemoryNetwork } from '../memory.js';
import { MemoryConnection } from './memory-connection.fixture.js';

export const ORG = 'acme';
const IMAGE = Buffer.alloc(50_000, 'firmware');
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

/** Who may be paused or die by itself, and whose timers of one moment keep their order. */
const lanes = { server: 1, spec: 2, gateway: 3, network: 4, device: 5 };

/** A log, a store, a gateway and one device, under one time and one chance. */
export class MemoryWorld {
  readonly trace: string[] = [];
  readonly time: VirtualTime;
  readonly log: EventLog;
  readonly gateways: { reached: MemoryGateway; clock: NodeClock }[] = [];
  readonly network: MemoryNetwork;
  private readonly files: MemoryFiles;

  private constructor(
    private readonly entropy: SeededEntropy,
    private readonly parts: { time: VirtualTime; server: MemoryLogServer; store: MemoryStore; log: EventLog },
  ) {
    this.time = parts.time;
    this.log = parts.log;
    this.files = new MemoryFiles(() => entropy.child('disk').random('disk'));
    this.network = new MemoryNetwork({
      device: 'dev-1',
      ip: '10.0.0.1',
      clock: this.time.clock({ lane: lanes.network }),
      gateway: () => this.gateways.at(-1)?.reached,
      store: parts.store,
      delay_ms: ({ to, of }) => {
        const delay_ms = entropy.child('network').random('way') * 50;
        this.note(`${of} to ${to} ${delay_ms}`);
        return delay_ms;
      },
    });
  }

  /** @param more what else goes wrong in the log than that messages take their time */
  static async of(seed: number, more: Partial<MemoryLogFaults> = {}): Promise<MemoryWorld> {
    const time = new VirtualTime();
    const entropy = new SeededEntropy(seed);
    const faults = { ...noFaults, delay_ms: () => entropy.child('log').random('way') * 5, ...more };
    const server = new MemoryLogServer({ clock: time.clock({ lane: lanes.server }), faults });
    const machine = time.machine(entropy.child('spec'), { lane: lanes.spec });
    const store = new MemoryStore({ clock: machine.clock });
    const log = await time.until(MemoryLog.connect(server, { name: 'spec', machine }));
    const world = new MemoryWorld(entropy, { time, server, store, log });
    await time.until(world.images().ensureBucket());
    return world;
  }

  /** Starts a gateway, or anew, as a process of its own. Devices reach the newest. */
  async gateway(GATEWAY_ID = 'gw-1'): Promise<GatewayCore> {
    const name = `gateway-${this.gateways.length}`;
    const clock = this.time.clock({ lane: lanes.gateway });
    const entropy = this.entropy.child(name);
    const machine = { clock, entropy };
    const log = await this.time.until(MemoryLog.connect(this.parts.server, { name, machine }));
    const config = Object.assign(new GatewayConfig(), { GATEWAY_ID });
    const parts = { config, log, store: this.images(), machine, processes: processesOf(name) };
    const core = await this.time.until(GatewayCore.start(parts));
    this.gateways.push({ reached: new MemoryGateway(core), clock });
    return core;
  }

  /** The newest gateway ends without warning. */
  crash(): void {
    const { reached, clock } = this.gateways.at(-1) ?? {};
    clock?.kill();
    reached?.die();
    this.parts.server.crash(`gateway-${this.gateways.length - 1}`);
  }

  /** The log comes back without what stands behind a position. */
  async cut(position: number): Promise<void> {
    this.parts.server.kill();
    this.parts.server.start({ OTA: position });
    await this.time.pass(2_000);
  }

  /** Registers the device, which nobody starts: its tunnels are a spec's. */
  async registered(core: GatewayCore): Promise<void> {
    const public_key = { kty: 'OKP' as const, crv: 'Ed25519' as const, x: 'y'.repeat(43) };
    const about = { device_id: 'dev-1', model: 'cam-1', public_key, registered_by: 'ada' };
    await this.time.until(core.devices.register(ORG, about));
  }

  /** A gateway has the device's hello stored, and is heard of no more. */
  async heardBy(
    gateway_id: string,
    more: { opened_at?: string } = { opened_at: this.log.clock.now().toISOString() },
  ): Promise<void> {
    const said = { protocol: 'memory', model: 'cam-1', version: '1.0.0', boot_id: 'boot-1' };
    const data = { device_id: 'dev-1', session_id: `ses-${gateway_id}`, gateway_id, ...said, ...more };
    await this.append(deviceStream(this.address), { type: 'DeviceConnected', data });
  }

  /** The device opens a tunnel, and says nothing yet. */
  tunnel(core: GatewayCore): Promise<MemoryConnection> {
    return this.time.until(MemoryConnection.at(core, this.address));
  }

  /** Registers the device with a claim token and starts its agent. */
  async device(core: GatewayCore): Promise<DeviceAgent> {
    const claim = { uses: 1, expires_in_s: 3600, issued_by: 'ada' };
    const { token } = await this.time.until(core.claims.issue(ORG, claim));
    const entropy = this.entropy.child('device');
    const clock: NodeClock = this.time.clock({ lane: lanes.device });
    const { files } = this;
    const common = { origin: 'https://ota.test', connections: this.network, clock, entropy };
    const directory = { directory: '/device', factory_version: '1.0.0', files };
    const platform = await this.time.until(DiskDevice.open({ ...directory, clock, entropy }));
    const key = (): Promise<DeviceKey> => loadOrCreateDeviceKey('/device/key.json', { files, entropy });
    const { public_key } = await this.time.until(key());
    const about = { device_id: 'dev-1', model: 'cam-1', public_key };
    const asking = { ...common, claim_token: token, log: silentLog, signal: new AbortController().signal };
    const { signing } = await this.time.until(registerDevice(about, asking));
    if (signing) await this.time.until(platform.trust.change((trust) => enrolled(trust, signing)));
    const identity = { device_id: 'dev-1', org: orgOfClaim(token), model: 'cam-1', key };
    const agent = new DeviceAgent({ ...common, ...identity, platform });
    await this.time.until(agent.start());
    return agent;
  }

  /** The device gets another key, which it tells the cloud. */
  async rotate(): Promise<void> {
    const machine = this.time.machine(this.entropy.child('device'), { lane: lanes.device });
    const about = { ...this.address, path: '/device/key.json', files: this.files };
    const asking = { origin: 'https://ota.test', connections: this.network, log: silentLog };
    const { signal } = new AbortController();
    await this.time.until(rotateDeviceKey({ ...about, ...asking, ...machine, signal }));
  }

  /** Stores an image and dispatches it, as the orchestrator does. */
  async dispatch(): Promise<void> {
    const key = `firmware/${ORG}/2.0.0/image.bin`;
    await this.time.until(this.images().put(key, bodyOf(IMAGE), { metadata: { sha256: SHA256 } }));
    await this.append(updateStream(this.address), {
      type: 'UpdateDispatched',
      data: {
        ...{ update_id: 'upd-1', number: 1, device_id: 'dev-1', request_id: 'req-1', firmware_id: 'fw-2' },
        ...{ model: 'cam-1', version: '2.0.0', sha256: SHA256, size: IMAGE.byteLength, key, force: false },
        ...{ from_version: '1.0.0', deadline_at: '2027-01-01T00:00:00.000Z' },
      },
    });
  }

  async allowUnsigned(): Promise<void> {
    const data = { signature: 'optional', rollback: 'allowed', changed_by: 'ada' } as const;
    await this.append(trustStream(ORG), { type: 'SigningPolicyChanged', data });
  }

  /** The `nth` event of this name in the device's stream, once it is there. */
  async recorded<N extends EventName>(type: N, nth = 1): Promise<StoredEvent<N>> {
    for (let n = 0; n < 600; n += 1) {
      const events = await this.time.until(this.log.read(deviceStream(this.address)));
      const found = events.filter((event) => event.type === type)[nth - 1];
      if (found) return found as StoredEvent as StoredEvent<N>;
      await this.time.pass(100);
    }
    throw new Error(`did not come: ${nth}. ${type}`);
  }

  /** What the log has of the device. */
  async history(): Promise<readonly StoredEvent[]> {
    return this.time.until(this.log.read(deviceStream(this.address)));
  }

  private readonly address = { org: ORG, device_id: 'dev-1' };

  private images(): ObjectStore {
    const clock = this.time.clock({ lane: lanes.spec });
    return this.parts.store.client({ by: 'gateway', bucket: 'images', clock });
  }

  private async append(stream: EventStream, fact: Fact): Promise<void> {
    const about = { id: deriveId('evt', fact.type), source: '/spec', time: this.log.clock.now().toISOString() };
    const after = await this.time.until(this.log.lastPosition(stream));
    await this.time.until(this.log.append([toEvent(stream, fact, about)], { after }));
  }

  private note(what: string): void {
    this.trace.push(`${this.time.now_ms} ${what}`);
  }
}

/** Each process of the gateway is on a machine of its own: nobody sees whether the one before lives. */
const processesOf = (host: string): Processes => ({
  own: ({ clock, entropy }) => ({ instance: entropy.uuid(), host, pid: 1, since: clock.now().toISOString() }),
  isAlive: () => false,
});

async function* bodyOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
