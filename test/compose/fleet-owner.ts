import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, Stack } from './stack.js';

/** A device as the read model has it. */
export interface DeviceRow {
  device_id: string;
  online: boolean;
  current_version: string;
  ota_status: string;
}

const AGENT = 'apps/device-agent/dist/main.js';
const SIMULATOR = 'apps/fleet-simulator/dist/main.js';
const KID = 'compose-test';

/** What an organization does with the stack from outside: signs, uploads, runs devices, asks after them. */
export class FleetOwner {
  private readonly children: ChildProcess[] = [];

  private constructor(
    private readonly stack: Stack,
    private readonly files: { ca: string; key: string; claim: string },
  ) {}

  /** Gets what deploy/README.md says a newcomer needs: the certificate, a signing key that is registered, a claim token. */
  static async of(stack: Stack): Promise<FleetOwner> {
    const in_ = (name: string): string => join(stack.place.work, name);
    const files = { ca: await stack.trust(), key: in_('acme.jwk'), claim: in_('claim.token') };
    if (!existsSync(files.claim)) {
      const key = JSON.parse(await stack.tool('sign', '--new-key', files.key, '--kid', KID)) as object;
      expectStatus(201, await stack.ask('admin', 'POST', '/registry/v1/keys', key));
      const claim = await stack.ask<{ token: string }>('admin', 'POST', '/gateway/v1/claims', {
        uses: 1000,
        expires_in_s: 86_400,
      });
      await writeFile(files.claim, expectStatus(201, claim).token, { mode: 0o600 });
    }
    return new FleetOwner(stack, files);
  }

  /** Signs and uploads an image of this file. */
  async publish(file: string, version: string, model: string): Promise<void> {
    expectStatus(201, await this.stack.publish(this.files.key, { file, version, model }));
  }

  /** The reference agent, as its own program; it runs until `leave`. */
  agent(device_id: string, model: string): void {
    const dir = join(this.stack.place.work, device_id);
    this.start(AGENT, ...['--dir', dir, '--device-id', device_id, '--model', model, '--version', '1.0.0']);
  }

  /** Simulated devices, named `<prefix>-000000` and so on. */
  fleet(devices: number, { fleet, model, prefix }: { fleet: string; model: string; prefix: string }): void {
    this.start(SIMULATOR, ...['--devices', String(devices), '--fleet', fleet, '--model', model, '--prefix', prefix]);
  }

  private start(program: string, ...args: readonly string[]): void {
    const { ca, claim } = this.files;
    const access = ['--origin', this.stack.place.origin, '--ca', ca, '--claim-token-file', claim];
    this.children.push(spawn(process.execPath, [program, ...access, ...args], { stdio: 'ignore' }));
  }

  /** Ends the devices' programs. */
  leave(): void {
    for (const child of this.children) child.kill();
  }

  async device(id: string): Promise<DeviceRow> {
    return expectStatus(200, await this.stack.ask<DeviceRow>('viewer', 'GET', `/query/v1/devices/${id}`));
  }

  isOnline(id: string): Promise<DeviceRow> {
    return this.stack.eventually(
      `${id} is online`,
      () => this.device(id),
      ({ online }) => online,
    );
  }

  /** How many devices of a fleet are online. */
  async online(fleet: string): Promise<number> {
    const answer = await this.stack.ask<{ items: DeviceRow[] }>(
      'viewer',
      'GET',
      `/query/v1/devices?fleet=${fleet}&online=true&limit=500`,
    );
    return expectStatus(200, answer).items.length;
  }

  /** Updates one device and waits for its end. */
  async update(device_id: string, version: string): Promise<DeviceRow> {
    expectStatus(202, await this.stack.ask('operator', 'POST', '/orchestrator/v1/updates', { device_id, version }));
    return this.stack.eventually(
      `${device_id} has ended its update to ${version}`,
      () => this.device(device_id),
      ({ ota_status, current_version }) =>
        ota_status === 'failed' || (ota_status === 'completed' && current_version === version),
    );
  }
}

/** @throws Error with the answer when it is another one */
export function expectStatus<T>(status: number, answer: Answer<T>): T {
  if (answer.status === status) return answer.body;
  throw new Error(`${answer.status} in place of ${status}: ${JSON.stringify(answer.body)}`);
}
