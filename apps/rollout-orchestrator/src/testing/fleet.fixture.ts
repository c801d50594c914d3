import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { Fact, EventStream, StoredEvent } from '@edgeflow/contracts';
import type { World } from './world.fixture.js';

/** What a device does about an update: installs it, reports a failure, comes back on the old version, says nothing, declines it or puts it off. */
export type Behaviour =
  | ('installs' | 'fails' | 'distrusts' | 'comes-back-old' | 'is-silent' | 'installs-slowly')
  | ('declines' | 'postpones' | 'says-nothing');

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
  readonly dispatched: { device_id: string; update_id: string; version: string; at: number }[] = [];
  readonly cancelled: string[] = [];
  /** What went wrong in the devices themselves. */
  readonly errors: unknown[] = [];
  behaviour: (device_id: string, version: string) => Behaviour = () => 'installs';
  /** For so many seconds devices put their update off. */
  postpone_s = 3;
  private readonly versions = new Map<string, string>();
  private readonly unsubscribe: (() => void)[] = [];
  private decisions: Promise<unknown> = Promise.resolve();

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
    await this.world.happen(streamOf(device_id, org), {
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
    const session = { session_id: `ses_${randomUUID()}`, gateway_id: 'gw', protocol: 'edgeflow.ota.v1' };
    await this.world.happen(
      streamOf(device_id, org),
      { type: 'DeviceConnected', data: { device_id, ...session, model, version, boot_id } },
      { type: 'DeviceVersionReported', data: { device_id, model, version, boot_id } },
    );
  }

  /** The device boots something else, and says so. */
  async boots(device_id: string, version: string): Promise<void> {
    this.versions.set(device_id, version);
    await this.hello(device_id);
  }

  /** The most devices that had an update at the same time, and had not put it off, by the order of the log: what is heard live may have gaps. */
  async mostInFlight(org = 'acme'): Promise<number> {
    const open = new Set<string>();
    const ends = ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled', 'UpdatePostponed'];
    let most = 0;
    for await (const { type, entity_id } of this.world.log.scan([`ota.${org}.update.*.*`])) {
      if (type === 'UpdateDispatched') most = Math.max(most, open.add(entity_id).size);
      if (ends.includes(type)) open.delete(entity_id);
    }
    return most;
  }

  /** The device runs another version from its next hello on, whoever brought it there. */
  runs(device_id: string, version: string): void {
    this.versions.set(device_id, version);
  }

  versionOf(device_id: string): string | undefined {
    return this.versions.get(device_id);
  }

  /** One device after the other: what is done here is not what is measured. */
  private hear(event: StoredEvent, of: { org: string; model: string }): void {
    const { type } = event;
    if (type === 'UpdateCancelled') this.cancelled.push(event.entity_id);
    if (type !== 'UpdateDispatched') return;
    const { device_id, update_id, version } = event.data;
    this.dispatched.push({ device_id, update_id, version, at: Date.parse(event.time) });
    this.decisions = this.decisions
      .then(() => this.act(event, of))
      .catch((error: unknown) => void this.errors.push(error));
  }

  private async act({ data }: StoredEvent<'UpdateDispatched'>, of: { org: string; model: string }): Promise<void> {
    const { device_id, update_id, version } = data;
    const stream = streamOf(device_id, of.org);
    const progress = (phase: 'downloading' | 'installing'): Fact => ({
      type: 'DeviceProgressReported',
      data: { device_id, update_id, phase, progress: 50 },
    });
    const behaviour = this.behaviour(device_id, version);
    switch (behaviour) {
      case 'installs':
        await this.world.happen(stream, progress('downloading'), progress('installing'));
        this.versions.set(device_id, version);
        return this.hello(device_id, of);
      case 'installs-slowly':
        await this.world.happen(stream, progress('downloading'), progress('installing'));
        return void sleep(1_500).then(() => {
          this.versions.set(device_id, version);
          return this.hello(device_id, of);
        });
      case 'comes-back-old':
        await this.world.happen(stream, progress('downloading'), progress('installing'));
        return this.hello(device_id, of);
      case 'postpones': {
        const until = new Date(Date.now() + this.postpone_s * 1000).toISOString();
        const later = { device_id, update_id, for_s: this.postpone_s, until, reason: 'on the road' };
        await this.world.happen(stream, { type: 'DeviceUpdatePostponed', data: later });
        return;
      }
      case 'declines':
      case 'distrusts':
      case 'fails': {
        const codes = { declines: 'declined', distrusts: 'signature-invalid', fails: 'install-failed' };
        const code = codes[behaviour];
        const failure = { outcome: 'failed', code, message: 'no', reported_by: 'device' } as const;
        await this.world.happen(stream, { type: 'DeviceUpdateReported', data: { device_id, update_id, ...failure } });
        return;
      }
      case 'says-nothing':
        return;
      case 'is-silent':
        await this.world.happen(stream, progress('downloading'));
    }
  }
}

export function streamOf(device_id: string, org = 'acme'): EventStream {
  return { org, entity: 'device', entity_id: device_id };
}

/** `dev_01`, `dev_02`, … */
export function ids(count: number, prefix = 'dev'): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}_${String(n + 1).padStart(2, '0')}`);
}
