import { createHook } from 'node:async_hooks';
import type { DeviceFrame } from '@edgeflow/contracts';
import { signManifest, signingKeyOf, type SigningKey } from '@edgeflow/identity/signing';
import { MemoryStore, type StoreFaults } from '@edgeflow/object-store/memory';
import { SeededEntropy, VirtualTime, type NodeClock } from '@edgeflow/simulation';
import { beforeAll, describe, expect, it } from 'vitest';
import { deviceKeyFromSeed } from './cloud/device-key.js';
import { registerDevice } from './cloud/registration.js';
import { DeviceAgent } from './device-agent.js';
import { DiskDevice } from './disk/disk-device.js';
import { silentLog } from './log.js';
import { MemoryCloud } from './memory-cloud.fixture.js';
import { MemoryFiles } from './memory/memory.js';
import { enrolled } from './trust/trust.js';
import { planFor } from './update/plan.fixture.js';
import type { Plan } from './update/update.state.js';

const START = new Date('2026-03-01T12:00:00Z');
const image = Buffer.alloc(50_000, 'firmware');
const seed_of_key = Buffer.alloc(32, 7);
let signer: SigningKey;
let plan: Plan;

beforeAll(async () => {
  signer = await signingKeyOf({
    ...deviceKeyFromSeed(seed_of_key).private_key.export({ format: 'jwk' }),
    kid: 'acme-1',
  } as never);
  const bare = planFor(image, { version: '2.0.0' });
  const about = {
    org: 'acme',
    models: ['m1'],
    version: '2.0.0',
    sha256: bare.sha256,
    size: bare.size,
    release_counter: 2,
  };
  plan = {
    ...bare,
    manifest: await signManifest({ ...about, expires_at: '2030-01-01T00:00:00Z' }, signer.jwk, signer.kid),
  };
});

/** One device on a disk in memory, and its cloud: it comes to the offered version through lost connections and power cuts. */
class Run {
  readonly trace: string[] = [];
  private readonly time = new VirtualTime({ start: START });
  private readonly entropy;
  private readonly world = this.time.clock();
  private files: MemoryFiles;
  private readonly store: MemoryStore;
  private readonly images;
  private readonly arrived = Promise.withResolvers<void>();

  constructor(seed: number) {
    this.entropy = new SeededEntropy(seed);
    const random = (): number => this.entropy.random('disk');
    this.files = new MemoryFiles(random, {
      call: async ({ what, path }) => {
        this.note(`${what} ${path}`);
        await this.world.sleep(random() * 3);
        return undefined;
      },
    });
    const { world: clock } = this;
    this.store = new MemoryStore({ clock, piece_bytes: 4_000, faults: this.storeFaults() });
    this.images = this.store.client({ by: 'cloud', bucket: 'images', clock, part_bytes: 20_000 });
  }

  async play(): Promise<void> {
    await this.time.until(this.stock());
    const cuts = Math.floor(this.entropy.random('cuts') * 4);
    for (let cut = 0; cut < cuts; cut += 1) {
      const isOver = await this.boot(this.entropy.random('when') * 20_000);
      if (isOver) return;
    }
    await this.boot(Infinity);
  }

  /** What the disk has for the slot that runs. */
  booted(): { version: string; image: Buffer | undefined } {
    const json = (path: string) => JSON.parse(this.files.peek(path)?.toString() ?? '{}') as Record<string, string>;
    const slot = `/device/slots/${json('/device/current')['slot']}`;
    return { version: json(`${slot}/slot.json`)['version'] ?? '', image: this.files.peek(`${slot}/image.bin`) };
  }

  /** Starts the device, and takes the power from it after so long. @returns whether it has arrived before that */
  private async boot(power_ms: number): Promise<boolean> {
    this.note('boot');
    const clock = this.time.clock();
    void this.start(clock).catch((error: unknown) => {
      if (clock.isAlive) this.note(String(error));
    });
    const over = this.arrived.promise.then(() => true);
    const isOver = await this.time.until(
      power_ms === Infinity ? over : Promise.race([over, this.world.sleep(power_ms).then(() => false)]),
    );
    clock.kill();
    this.files.crash('power');
    this.files = this.files.restart();
    return isOver;
  }

  private async start(clock: NodeClock): Promise<void> {
    const { entropy } = this;
    const platform = await DiskDevice.open({
      directory: '/device',
      factory_version: '1.0.0',
      clock,
      entropy,
      files: this.files,
    });
    const key = deviceKeyFromSeed(seed_of_key);
    const connections = new MemoryCloud({
      ...{ clock, entropy, store: this.store, offer: plan, registered: this.registered() },
      presign: () => this.presign(),
      heard: (frame) => this.heard(frame),
    });
    const origin = 'https://ota.test';
    const { signing } = await registerDevice(
      { device_id: 'dev_1', model: 'm1', public_key: key.public_key },
      {
        ...{ origin, connections, clock, entropy, claim_token: 'claim', log: silentLog },
        signal: new AbortController().signal,
      },
    );
    if (signing) await platform.trust.change((trust) => enrolled(trust, signing));
    const identity = { device_id: 'dev_1', org: 'acme', model: 'm1', key };
    await new DeviceAgent({ ...identity, origin, connections, platform, clock, entropy }).start();
  }

  /** The image, which is uploaded again until that is answered. */
  private async stock(): Promise<void> {
    try {
      await this.images.ensureBucket();
      await this.images.put('image', bodyOf(image));
    } catch (error) {
      this.note(String(error));
      await this.stock();
    }
  }

  /** For a few seconds: a device that is slow, or whose tunnel is down, needs another one. */
  private async presign(): Promise<{ url: string; url_expires_at: string }> {
    const { url, expires_at } = await this.images.presignGet('image', 3, this.world.now());
    return { url, url_expires_at: expires_at.toISOString() };
  }

  private storeFaults(): StoreFaults {
    const happens = (share: number): boolean => this.entropy.random('store') < share;
    const way = (): Promise<void> => this.world.sleep(this.entropy.random('way') * 200);
    return {
      arrives: async ({ by, what, key }) => {
        await way();
        this.note(`${by}: ${what} ${key}`);
        return happens(0.1) ? 'unavailable' : undefined;
      },
      answered: async () => {
        await way();
        return happens(0.1) ? 'lost' : undefined;
      },
      piece: async () => {
        await way();
        return happens(0.15) ? 'cut' : undefined;
      },
    };
  }

  private registered(): object {
    return { signing: { signature: 'required', keys: [{ kid: signer.kid, public_key: signer.public_key }] } };
  }

  private heard(frame: DeviceFrame): void {
    this.note(JSON.stringify(frame));
    if (frame.type === 'hello' && frame.version === '2.0.0') this.arrived.resolve();
  }

  private note(what: string): void {
    this.trace.push(`${this.time.now_ms.toFixed(3)} ${what}`);
  }
}

async function* bodyOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function played(seed: number): Promise<Run> {
  const run = new Run(seed);
  await run.play();
  return run;
}

describe('an agent in virtual time', () => {
  it('comes to the offered version through lost connections and power cuts, in 50 histories', async () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const run = await played(seed);
      const { version, image: bytes } = run.booted();
      expect(version, `the run of seed ${seed}`).toBe('2.0.0');
      expect(bytes?.equals(image)).toBe(true);
    }
  });

  it('does the same again for the same seed, to the letter, and something else for another', async () => {
    const [first, again, other] = [await played(7), await played(7), await played(8)];
    expect(again.trace).toEqual(first.trace);
    expect(other.trace).not.toEqual(first.trace);
  });

  it('uses no timer, no socket, no file and no other thread', async () => {
    const kinds = new Map<number, string>();
    const came = new Set<string | undefined>();
    // A signature that is made in the call is a request as well, but nothing comes of it later.
    const hook = createHook({
      init: (id, type) => void kinds.set(id, type),
      before: (id) => void came.add(kinds.get(id)),
    }).enable();
    await played(3);
    hook.disable();
    // Immediates are those of the spec, which steps the time; what has no kind was there before.
    expect(came).toContain('Immediate');
    const ours = [undefined, 'PROMISE', 'Immediate', 'TickObject', 'Microtask'];
    expect([...came].filter((kind) => !ours.includes(kind))).toEqual([]);
  });
});
