import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { PHASES, type CloudFrame, type DeviceFrame, type Phase, type UpdateOffer } from '@edgeflow/contracts';
import { deviceKeys, deviceToken, TunnelClient, type DeviceKeys } from '@edgeflow/testkit';
import type { StandaloneUnderTest } from './standalone.harness.js';

/**
 * What a device does about an update. `installs`: says every phase and comes back on the version. `downloads`: the same, and really
 * downloads and checks the image. `holds`: stops in a phase, having said it, until it is released. `silent`: says nothing.
 */
export type Behaviour = 'installs' | 'downloads' | 'comes-back-old' | 'silent' | { fails: string } | { holds: Phase };

/** Decides how a device meets an update. */
export type Script = (device: FleetDevice, offer: UpdateOffer) => Behaviour;

/** A frame from the cloud; `order` is over the whole fleet. */
export interface Heard {
  order: number;
  at: number;
  device_id: string;
  frame: CloudFrame;
}

/** What an update was told with: one for each frame `update`. */
export interface Told extends Heard {
  frame: UpdateOffer;
}

export interface FleetOptions {
  org: string;
  model: string;
  fleet?: string;
  tags?: string[];
  /** What the devices run at first. */
  version?: string;
  /** Registered, but not connected. */
  offline?: boolean;
}

/** Scripted devices on real tunnels; every frame that any of them hears is recorded in order. */
export class TunnelFleet {
  readonly devices = new Map<string, FleetDevice>();
  readonly heard: Heard[] = [];
  /** What went wrong in the devices themselves. */
  readonly errors: unknown[] = [];
  /** The most devices that ever worked on an update at the same time. */
  mostInFlight = 0;
  script: Script = () => 'installs';

  constructor(
    readonly standalone: StandaloneUnderTest,
    private readonly options: FleetOptions,
  ) {}

  /** Registers devices and, unless they are to stay offline, connects them; all at the same time. */
  async join(ids: readonly string[], change: Partial<FleetOptions> = {}): Promise<FleetDevice[]> {
    const options = { ...this.options, ...change };
    const ca = await readFile(this.standalone.endpoints.ca, 'utf8');
    return Promise.all(ids.map((id) => this.joinOne(id, options, ca)));
  }

  device(id: string): FleetDevice {
    const device = this.devices.get(id);
    if (!device) throw new Error(`there is no device ${id}`);
    return device;
  }

  /** The frames `update`, in the order in which they came. */
  get told(): Told[] {
    return this.heard.filter((one): one is Told => one.frame.type === 'update');
  }

  /** Who was told to stop, in order. */
  get cancelled(): string[] {
    return this.heard.filter(({ frame }) => frame.type === 'cancel').map(({ device_id }) => device_id);
  }

  /** What each device runs, by id. */
  get versions(): Record<string, string> {
    return Object.fromEntries([...this.devices.values()].map(({ id, version }) => [id, version]));
  }

  /** Devices that work on an update now. */
  get inFlight(): FleetDevice[] {
    return [...this.devices.values()].filter(({ working }) => working !== undefined);
  }

  /** Lets every device go on that holds. */
  release(): void {
    for (const device of this.devices.values()) device.release();
  }

  /** Closes all tunnels. */
  leave(): void {
    for (const device of this.devices.values()) device.cut();
  }

  hear(device_id: string, frame: CloudFrame): void {
    this.heard.push({ order: this.heard.length, at: Date.now(), device_id, frame });
  }

  count(): void {
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight.length);
  }

  private async joinOne(id: string, options: FleetOptions, ca: string): Promise<FleetDevice> {
    const { org, model, fleet, tags, version = '1.0.0', offline = false } = options;
    const device = new FleetDevice(this, { id, org, model, ca, keys: await deviceKeys() }, version);
    this.devices.set(id, device);
    const of = { ...(fleet && { fleet }), ...(tags && { tags }) };
    const registration = { device_id: id, model, ...of, public_key: device.self.keys.public_key };
    const { status, body } = await this.standalone.ask(org, 'admin', 'POST', '/gateway/v1/devices', registration);
    if (status !== 201) throw new Error(`the registration of ${id} was answered with ${JSON.stringify(body)}`);
    if (!offline) await device.connect();
    return device;
  }
}

interface Self {
  id: string;
  org: string;
  model: string;
  ca: string;
  keys: DeviceKeys;
}

/** One device: its tunnel, what it runs, and the update that it works on. */
export class FleetDevice {
  tunnel: TunnelClient | undefined;
  working: { update_id: string; phase: Phase } | undefined;
  private boot_id = randomUUID();
  private hold = Promise.withResolvers<void>();

  constructor(
    private readonly fleet: TunnelFleet,
    readonly self: Self,
    public version: string,
  ) {}

  get id(): string {
    return this.self.id;
  }

  /** Opens the tunnel and says hello, in the same boot as before. */
  async connect(): Promise<void> {
    const { id, org, model, ca, keys } = this.self;
    const token = await deviceToken({ org, device_id: id, private_key: keys.private_key });
    const tunnel = await TunnelClient.open({ origin: this.fleet.standalone.endpoints.origin, token, ca });
    tunnel.socket.on('message', (data: Buffer) => this.hear(JSON.parse(data.toString()) as CloudFrame));
    this.tunnel = tunnel;
    this.say({ type: 'hello', version: this.version, model, boot_id: this.boot_id, agent: 'fleet/1' });
    await tunnel.next('welcome');
  }

  /** Goes down and comes up on this version. */
  async reboot(version: string): Promise<void> {
    this.boot_id = randomUUID();
    this.version = version;
    await this.tunnel?.close();
    await this.connect();
  }

  /** The network drops the tunnel; what the device works on goes on. */
  cut(): void {
    this.tunnel?.cut();
  }

  say(frame: DeviceFrame): void {
    this.tunnel?.send(frame);
  }

  /** Lets the device go on with what it holds. */
  release(): void {
    this.hold.resolve();
    this.hold = Promise.withResolvers();
  }

  /** The updates that it was told of, each once, in order. */
  get updates(): string[] {
    return [...new Set(this.offers.map(({ update_id }) => update_id))];
  }

  /** Its frames `update`. */
  get offers(): UpdateOffer[] {
    return this.fleet.told.filter(({ device_id }) => device_id === this.id).map(({ frame }) => frame);
  }

  /** Downloads what the offer names. @returns whether size and SHA-256 are right */
  async download({ url, size, sha256 }: UpdateOffer): Promise<boolean> {
    const [response] = (await once(get(url, { ca: this.self.ca }), 'response')) as [IncomingMessage];
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return response.statusCode === 200 && bytes === size && hash.digest('hex') === sha256;
  }

  private hear(frame: CloudFrame): void {
    this.fleet.hear(this.id, frame);
    if (frame.type === 'cancel') this.stop(frame.update_id);
    // Told again of what it works on, it goes on with that.
    if (frame.type !== 'update' || this.working?.update_id === frame.update_id) return;
    this.working = { update_id: frame.update_id, phase: 'downloading' };
    this.fleet.count();
    this.work(frame, this.fleet.script(this, frame)).catch((error: unknown) => void this.fleet.errors.push(error));
  }

  /** From `installing` on a device finishes (device-protocol.md). */
  private stop(update_id: string): void {
    if (!this.isAt(update_id) || isInstalling(this.working?.phase)) return;
    this.working = undefined;
    this.release();
  }

  private isAt(update_id: string): boolean {
    return this.working?.update_id === update_id;
  }

  private async work(offer: UpdateOffer, how: Behaviour): Promise<void> {
    const { update_id } = offer;
    if (how === 'silent') return;
    for (const [n, phase] of PHASES.entries()) {
      this.working = { update_id, phase };
      this.say({ type: 'progress', update_id, phase, progress: 20 * (n + 1) });
      if (how === 'downloads' && phase === 'downloading' && !(await this.download(offer)))
        return this.fail(update_id, 'checksum-mismatch');
      if (typeof how === 'object' && 'fails' in how) return this.fail(update_id, how.fails);
      if (typeof how === 'object' && how.holds === phase) await this.hold.promise;
      if (!this.isAt(update_id)) return;
    }
    this.working = undefined;
    await this.reboot(how === 'comes-back-old' ? this.version : offer.version);
  }

  private fail(update_id: string, code: string): void {
    this.working = undefined;
    this.say({ type: 'failed', update_id, code, message: `scripted: ${code}` });
  }
}

function isInstalling(phase: Phase | undefined): boolean {
  return phase === 'installing' || phase === 'rebooting';
}
