import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CloudFrame, Failed } from '@edgeflow/contracts';
import { newSigningKey, signKeyStatement, signManifest, type SigningKey } from '@edgeflow/identity/signing';
import { systemEntropy, systemMachine } from '@edgeflow/runtime';
import { SeededEntropy } from '@edgeflow/simulation';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connections } from './cloud/connections.js';
import { generateDeviceKey } from './cloud/device-key.js';
import { DeviceAgent } from './device-agent.js';
import { DiskDevice } from './disk/disk-device.js';
import { MemoryFiles } from './memory/memory.js';
import { FakeCloud, type FakeTunnel } from './fake-cloud.fixture.js';
import { enrolled, type Trust } from './trust/trust.js';
import { planFor } from './update/plan.fixture.js';
import type { Plan } from './update/update.state.js';

const RUNS = 200;
/** At most so many crashes in one run. */
const CRASHES_MAX = 5;
/** Another series of runs: EDGEFLOW_POWER_CUT_SEED; a run that fails says its own seed. */
const FIRST_SEED = Number(process.env['EDGEFLOW_POWER_CUT_SEED'] ?? 1);

const images = { '2.0.0': randomBytes(90_000), '3.0.0': randomBytes(70_000), '2.5.0': randomBytes(20_000) } as const;
type Version = keyof typeof images;
const evil = randomBytes(30_000);
const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const nextYear = new Date(Date.now() + 365 * 86_400_000).toISOString();

let folder: TemporaryFolder;
let cloud: FakeCloud;
let connections: Connections;
let [first, second]: SigningKey[] = [];
/** Takes the tunnels of the run that goes on. */
let onTunnel: (tunnel: FakeTunnel) => void = () => undefined;

beforeAll(async () => {
  folder = await temporaryFolder('power-cut');
  cloud = await FakeCloud.start(join(folder.path, 'ca'));
  for (const [version, image] of Object.entries(images)) cloud.images.set(`/${version}`, image);
  cloud.images.set('/evil', evil);
  connections = new Connections({ ca: cloud.ca });
  [first, second] = [await newSigningKey('acme-1'), await newSigningKey('acme-2')];
  void (async () => {
    for (;;) {
      const tunnel = await cloud.nextTunnel();
      onTunnel(tunnel);
    }
  })();
});
afterAll(async () => {
  connections.close();
  await cloud.stop();
  await folder.remove();
});

async function planOf(version: Version, update_id: string, by: SigningKey, release_counter: number): Promise<Plan> {
  const plan = planFor(images[version], { update_id, version });
  const about = { org: 'acme', models: ['m1'], version, sha256: plan.sha256, size: plan.size };
  const manifest = await signManifest({ ...about, release_counter, expires_at: nextYear }, by.jwk, by.kid);
  return { ...plan, manifest };
}

/** The second key takes the first one's place, and revokes it. */
function rotation(): Promise<string> {
  const { kid, public_key } = second!;
  const about = { org: 'acme', kid, public_key, revokes: [first!.kid], issued_at: new Date().toISOString() };
  return signKeyStatement(about, first!.jwk, first!.kid);
}

/** What may be booted: each was signed, by a key that was trusted when it came. */
const allowed = new Map([
  ['2.0.0', sha256Of(images['2.0.0'])],
  ['3.0.0', sha256Of(images['3.0.0'])],
]);

interface Slot {
  origin: string;
  version: string;
  sha256: string;
}

/** One device on its disk, and the cloud that takes it to 3.0.0 by another signing key, with hostile offers in between. */
class Run {
  files: MemoryFiles;
  readonly faults: string[] = [];
  private readonly random: () => number;
  private begun = false;
  private rotated = false;
  private readonly key = generateDeviceKey(systemEntropy);
  private finish: () => void = () => undefined;
  readonly finished = new Promise<void>((resolve) => (this.finish = resolve));

  constructor(
    seed: number,
    private readonly plans: { second: Plan; third: Plan; stale: Plan; forged: Plan },
  ) {
    const entropy = new SeededEntropy(seed);
    this.random = () => entropy.random('power cut');
    this.files = new MemoryFiles(this.random);
  }

  /** @param calls how many calls of the disk a run without a crash takes */
  async play(calls: number): Promise<void> {
    onTunnel = (tunnel) => this.steer(tunnel, this.files);
    const crashes = Math.ceil(this.random() * CRASHES_MAX);
    for (let boot = 0; boot < crashes; boot += 1) {
      const crash = this.random() < 0.3 ? 'kill' : 'power';
      const down = this.files.crashAfter(1 + Math.floor(this.random() * (calls / (boot + 1))), crash);
      const isOver = await this.boot(Promise.race([down.then(() => false), this.finished.then(() => true)]));
      if (isOver) return;
    }
    await this.boot(this.finished);
  }

  /** Starts the device, waits, and takes the power from it. */
  async boot<T>(until: Promise<T>): Promise<T> {
    const agent = await this.start().catch((error: unknown) => {
      if (!this.files.isDown) throw error;
    });
    const outcome = await until;
    this.files = this.files.restart();
    this.inspect();
    await agent?.stop();
    return outcome;
  }

  private async start(): Promise<DeviceAgent> {
    const platform = await DiskDevice.open({
      ...systemMachine,
      directory: '/device',
      factory_version: '1.0.0',
      files: this.files,
    });
    this.begun = true;
    const keys = [{ kid: first!.kid, public_key: first!.public_key }];
    await platform.trust.change((trust) => enrolled(trust, { signature: 'required', keys }));
    const identity = { device_id: 'dev_1', org: 'acme', model: 'm1', key: this.key };
    const agent = new DeviceAgent({ ...systemMachine, ...identity, origin: cloud.origin, connections, platform });
    await agent.start();
    return agent;
  }

  /** What the cloud says to a device that has just come. */
  private steer(tunnel: FakeTunnel, files: MemoryFiles): void {
    const { second: toSecond, third: toThird, stale, forged } = this.plans;
    const { version } = tunnel.hello;
    if (files.isDown) return;
    if (version !== this.booted().version) this.faults.push(`it says ${version} and runs ${this.booted().version}`);
    void tunnel.until((frame) => {
      if (frame.type === 'failed' && !files.isDown) this.heard(frame);
      return false;
    });
    if (version === '1.0.0' && this.random() < 0.4) offer(tunnel, forged, '/evil');
    if (version === '1.0.0') offer(tunnel, toSecond, '/2.0.0');
    if (version === '2.0.0') offer(tunnel, toThird, '/3.0.0');
    if (version === '3.0.0') offer(tunnel, stale, '/2.5.0');
  }

  private heard({ update_id, code, message }: Failed): void {
    const { stale, forged } = this.plans;
    if (code === 'signature-invalid' && update_id === stale.update_id) return this.finish();
    if (code === 'signature-invalid' && update_id === forged.update_id) return;
    const fault = `${update_id} failed: ${code}, ${message}`;
    if (!this.faults.includes(fault)) this.faults.push(fault);
    this.finish();
  }

  /** What a boot loader would find. */
  private booted(): Slot {
    const { slot } = this.json('/device/current') as { slot: string };
    return this.json(`/device/slots/${slot}/slot.json`) as Slot;
  }

  /** After a crash: there is something to boot, it is what was signed, and what was revoked stays so. */
  private inspect(): void {
    if (!this.begun && !this.files.peek('/device/current')) return;
    const { slot } = this.json('/device/current') as { slot: string };
    const { origin, version, sha256 } = this.booted();
    const image = this.files.peek(`/device/slots/${slot}/image.bin`);
    const isFactory = origin === 'factory' && version === '1.0.0';
    const isSigned = image !== undefined && allowed.get(version) === sha256 && sha256Of(image) === sha256;
    if (!isFactory && !isSigned) this.faults.push(`slot ${slot} boots what nobody signed as ${version}`);
    const trust = this.files.peek('/device/trust.json');
    const revoked = trust === undefined ? [] : (JSON.parse(trust.toString()) as Trust).revoked;
    if (this.rotated && !revoked.includes(first!.kid)) this.faults.push('a revoked key came back');
    this.rotated = revoked.includes(first!.kid);
    if (version === '3.0.0' && !this.rotated) this.faults.push('the new version runs and its trust is gone');
  }

  private json(path: string): unknown {
    const bytes = this.files.peek(path);
    if (!bytes) throw new Error(`${path} is gone`);
    return JSON.parse(bytes.toString());
  }
}

function offer(tunnel: FakeTunnel, plan: Plan, path: string): void {
  const url = { url: `${cloud.origin}${path}`, url_expires_at: nextYear };
  tunnel.send({ type: 'update', ...plan, ...url } as CloudFrame);
}

async function runOf(seed: number): Promise<Run> {
  // Of a cloud in wrong hands the id says nothing: half of the time it is one that was used before.
  const again = seed % 2 === 0 ? 'upd_1' : 'upd_2';
  const third = await planOf('3.0.0', again, second!, 3);
  return new Run(seed, {
    second: await planOf('2.0.0', 'upd_1', first!, 2),
    third: { ...third, key_statements: [await rotation()] },
    stale: await planOf('2.5.0', 'upd_3', first!, 4),
    forged: planFor(evil, { update_id: 'upd_0', version: '9.9.9' }),
  });
}

describe('a device whose power is cut again and again', () => {
  it(`boots what was signed, always, and comes to its target when the cuts stop, in ${RUNS} runs`, async () => {
    const calm = await runOf(0);
    onTunnel = (tunnel) => calm['steer'](tunnel, calm.files);
    const counted = calm.files;
    await calm.boot(calm.finished);
    expect(calm.faults).toEqual([]);
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
      const run = await runOf(seed);
      await run.play(counted.calls).catch((error: unknown) => run.faults.push(String(error)));
      expect(run.faults, `the run of seed ${seed}`).toEqual([]);
    }
  }, 300_000);
});
