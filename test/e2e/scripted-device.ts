import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import type { Hello, UpdateOffer } from '@edgeflow/contracts';
import { deviceKeys, deviceToken, TunnelClient, type DeviceKeys } from '@edgeflow/testkit';
import type { StandaloneUnderTest } from './standalone.harness.js';

export interface DeviceStory {
  org: string;
  device_id: string;
  model: string;
  version: string;
}

/** A device whose every step the test decides; the reference agent has tests of its own. */
export class ScriptedDevice {
  tunnel!: TunnelClient;
  private boot_id = randomUUID();

  private constructor(
    private readonly standalone: StandaloneUnderTest,
    private readonly keys: DeviceKeys,
    private readonly ca: string,
    readonly story: DeviceStory,
  ) {}

  /** A device that is registered, connected and known with its version. */
  static async online(standalone: StandaloneUnderTest, story: DeviceStory): Promise<ScriptedDevice> {
    const ca = await readFile(standalone.endpoints.ca, 'utf8');
    const device = new ScriptedDevice(standalone, await deviceKeys(), ca, { ...story });
    const { device_id, model } = story;
    const registration = { device_id, model, fleet: 'e2e', public_key: device.keys.public_key };
    const { status } = await standalone.ask(story.org, 'admin', 'POST', '/gateway/v1/devices', registration);
    if (status !== 201) throw new Error(`the registration was answered with ${status}`);
    await device.connect();
    await device.eventually((record) => record.online && record.current_version === story.version);
    return device;
  }

  /** Opens the tunnel and says hello. @param said what it says besides */
  async connect(said: Partial<Hello> = {}): Promise<void> {
    const { org, device_id, model, version } = this.story;
    const token = await deviceToken({ org, device_id, private_key: this.keys.private_key });
    this.tunnel = await this.knock(token);
    this.tunnel.send({ type: 'hello', version, model, boot_id: this.boot_id, agent: 'scripted/1', ...said });
    await this.tunnel.next('welcome');
  }

  /** Opens a tunnel with any token, and says nothing. @throws UpgradeRefused */
  knock(token: string): Promise<TunnelClient> {
    return TunnelClient.open({ origin: this.standalone.endpoints.origin, token, ca: this.ca });
  }

  /** A token of this device, signed as its clock has it, so many seconds ahead. */
  tokenAt(ahead_s: number): Promise<string> {
    const { org, device_id } = this.story;
    const iat = Math.floor(Date.now() / 1000) + ahead_s;
    return deviceToken({ org, device_id, private_key: this.keys.private_key }, { iat, exp: iat + 300 });
  }

  /** Goes down and comes back on this version, as a device does after it installed one. */
  async reboot(version: string, said: Partial<Hello> = {}): Promise<void> {
    this.boot_id = randomUUID();
    this.story.version = version;
    await this.tunnel.close();
    await this.connect(said);
  }

  /** The network drops the tunnel, and the device, still in the same boot, comes back. */
  async reconnect(): Promise<void> {
    this.tunnel.cut();
    await this.tunnel.closed;
    for (;;) {
      // The gateway may still be on its way up.
      const refused = await this.connect().then(
        () => false,
        () => true,
      );
      if (!refused) return;
    }
  }

  /** Asks for an update of this device, as an operator. */
  askFor(version: string): Promise<{ status: number; body: { update_id: string; code?: string } }> {
    const { org, device_id } = this.story;
    return this.standalone.ask(org, 'operator', 'POST', '/orchestrator/v1/updates', { device_id, version });
  }

  /** Asks until the orchestrator has read what the registry and the gateway wrote just now. */
  async updateTo(version: string): Promise<UpdateOffer> {
    const behind = ['device-offline', 'device-unknown', 'firmware-unknown', 'service-unavailable'];
    await this.standalone.eventually(
      () => this.askFor(version),
      ({ body }) => !behind.includes(body.code ?? ''),
    );
    return this.tunnel.next('update');
  }

  /** Downloads an image as its URL says. @returns status, and the SHA-256 of what came */
  async download(url: string): Promise<{ status: number; sha256: string }> {
    const [response] = (await once(get(url, { ca: this.ca }), 'response')) as [IncomingMessage];
    const hash = createHash('sha256');
    for await (const chunk of response as AsyncIterable<Buffer>) hash.update(chunk);
    return { status: response.statusCode ?? 0, sha256: hash.digest('hex') };
  }

  /** The device record, once it is as wanted. */
  eventually(wanted: (record: DeviceRecord) => boolean): Promise<DeviceRecord> {
    const { org, device_id } = this.story;
    return this.standalone.eventually<DeviceRecord>(
      () => this.standalone.ask(org, 'viewer', 'GET', `/query/v1/devices/${device_id}`),
      ({ status, body }) => status === 200 && wanted(body),
    );
  }

  /** The names of this device's events, oldest first. */
  async eventNames(): Promise<string[]> {
    const { org, device_id } = this.story;
    const path = `/query/v1/devices/${device_id}/events?limit=200`;
    const { body } = await this.standalone.ask<{ items: { type: string; position: number }[] }>(
      org,
      'viewer',
      'GET',
      path,
    );
    return body.items.toSorted((a, b) => a.position - b.position).map(({ type }) => type);
  }
}

/** The device record, its first fields in the order that is fixed. */
export interface DeviceRecord {
  device_id: string;
  current_version: string | null;
  target_version: string | null;
  ota_status: string;
  progress: number;
  last_update_at: string | null;
  online: boolean;
  confirmed: boolean;
  drifted: boolean;
  failure: { code: string; detail: string } | null;
}
