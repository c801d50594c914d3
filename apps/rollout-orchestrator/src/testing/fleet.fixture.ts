import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { Fact, Lane, StoredEvent } from '@edgeflow/contracts';
import type { World } from './world.fixture.js';

/** What a device does about an update: installs it, reports a failure, comes back on the old version, or says nothing. */
export type Behaviour = 'installs' | 'fails' | 'comes-back-old' | 'is-silent' | 'installs-slowly';

interface FleetOptions {
  org?: string;
  model?: string;
  fleet?: string;
  tags?: string[];
  version?: string;
  online?: boolean;
}

/** Devices that do what a gateway would report of them; each update is met as `behaviour` says. */
export class Fleet {
  /** Updates that were dispatched, in order. */
  readonly told: { device_id: string; update_id: string; version: string; at: number }[] = [];
  readonly cancelled: string[] = [];
  /** Devices that work on an update now, and the most that ever did. */
  inFlight = 0;
  /** What went wrong in the devices themselves. */
  readonly errors: unknown[] = [];
  mostInFlight = 0;
  behaviour: (device_id: string, version: string) => Behaviour = () => 'installs';
  private readonly versions = new Map<string, string>();
  private readonly open = new Map<string, string>();
  private readonly unsubscribe: (() => void)[] = [];
  private work: Promise<unknown> = Promise.resolve();

  constructor(private readonly world: World) {}

  /** Registers devices, connects them and lets them report. */
  async join(ids: readonly string[], options: FleetOptions = {}): Promise<void> {
    await Promise.all(ids.map((id) => this.joinOne(id, options)));
  }

  stop(): void {
    for (const end of this.unsubscribe.splice(0)) end();
  }

  private async joinOne(device_id: string, options: FleetOptions): Promise<void> {
    const { org = 'acme', model = 'm1', fleet, tags, version = '1.0.0', online = true } = options;
    const public_key = { kty: 'OKP' as const, crv: 'Ed25519' as const, x: 'x'.repeat(43) };
    const of = { ...(fleet && { fleet }), ...(tags && { tags }) };
    await this.world.happen(laneOf(device_id, org), {
      type: 'DeviceRegistered',
      data: { device_id, model, ...of, public_key, registered_by: 'spec' },
    });
    this.versions.set(device_id, version);
    if (online) await this.connect(device_id, { org, model });
  }

  /** The device opens a tunnel and says what it runs. */
  async connect(device_id: string, { org = 'acme', model = 'm1' } = {}): Promise<void> {
    this.unsubscribe.push(this.world.log.live(org, device_id, (event) => this.hear(event, { org, model })));
    await this.hello(device_id, { org, model });
  }

  async hello(device_id: string, { org = 'acme', model = 'm1' } = {}): Promise<void> {
    const version = this.versions.get(device_id) ?? '1.0.0';
    const boot_id = randomUUID();
    const tunnel_id = `tun_${randomUUID()}`;
    await this.world.happen(
      laneOf(device_id, org),
      { type: 'DeviceConnected', data: { device_id, tunnel_id, gateway_id: 'gw', model, version, boot_id } },
      { type: 'DeviceVersionReported', data: { device_id, model, version, boot_id } },
    );
  }

  versionOf(device_id: string): string | undefined {
    return this.versions.get(device_id);
  }

  /** One device after the other: what is done here is not what is measured. */
  private hear(event: StoredEvent, of: { org: string; model: string }): void {
    const { type } = event;
    if (type === 'UpdateCompleted' || type === 'UpdateFailed' || type === 'UpdateCancelled') {
      if (this.open.delete(event.entity_id)) this.inFlight -= 1;
      if (type === 'UpdateCancelled') this.cancelled.push(event.entity_id);
    }
    if (type !== 'UpdateDispatched') return;
    const { device_id, update_id, version } = event.data;
    this.told.push({ device_id, update_id, version, at: Date.parse(event.time) });
    this.open.set(device_id, update_id);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    this.work = this.work.then(() => this.act(event, of)).catch((error: unknown) => void this.errors.push(error));
  }

  private async act({ data }: StoredEvent<'UpdateDispatched'>, of: { org: string; model: string }): Promise<void> {
    const { device_id, update_id, version } = data;
    const lane = laneOf(device_id, of.org);
    const progress = (phase: 'downloading' | 'installing'): Fact => ({
      type: 'DeviceProgressReported',
      data: { device_id, update_id, phase, progress: 50 },
    });
    switch (this.behaviour(device_id, version)) {
      case 'installs':
        await this.world.happen(lane, progress('downloading'), progress('installing'));
        this.versions.set(device_id, version);
        return this.hello(device_id, of);
      case 'installs-slowly':
        await this.world.happen(lane, progress('downloading'), progress('installing'));
        return void sleep(1_500).then(() => {
          this.versions.set(device_id, version);
          return this.hello(device_id, of);
        });
      case 'comes-back-old':
        await this.world.happen(lane, progress('downloading'), progress('installing'));
        return this.hello(device_id, of);
      case 'fails': {
        const failure = { outcome: 'failed', code: 'install-failed', message: 'no', reported_by: 'device' } as const;
        await this.world.happen(lane, { type: 'DeviceUpdateReported', data: { device_id, update_id, ...failure } });
        return;
      }
      case 'is-silent':
        await this.world.happen(lane, progress('downloading'));
    }
  }
}

export function laneOf(device_id: string, org = 'acme'): Lane {
  return { org, entity: 'device', entity_id: device_id };
}

/** `dev_01`, `dev_02`, … */
export function ids(count: number, prefix = 'dev'): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}_${String(n + 1).padStart(2, '0')}`);
}
