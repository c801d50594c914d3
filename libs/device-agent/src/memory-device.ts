import { createHash, randomUUID, type Hash } from 'node:crypto';
import type { DevicePlatform, Health, ImageSink, Running } from './device-platform.js';
import { memoryTrust, type TrustStore } from './trust/trust-store.js';
import { isSamePlan, type Plan, type UpdateState } from './update/update.state.js';

/** Takes an image, keeps its hash and its length, and forgets the bytes. */
export class HashSink implements ImageSink {
  private hash: Hash = createHash('sha256');
  private bytes = 0;
  private pieced = false;

  get received(): number {
    return this.bytes;
  }

  get resumed(): boolean {
    return this.pieced;
  }

  continues(): void {
    this.pieced = true;
  }

  write(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk);
    this.bytes += chunk.length;
    return Promise.resolve();
  }

  rewind(): Promise<void> {
    this.hash = createHash('sha256');
    this.bytes = 0;
    this.pieced = false;
    return Promise.resolve();
  }

  digest(): Promise<string> {
    return Promise.resolve(this.hash.copy().digest('hex'));
  }
}

/** A device in memory that really verifies what it downloads: for simulators and benches, thousands in a process. */
export class MemoryDevice implements DevicePlatform {
  private journal: UpdateState = { status: 'idle' };
  private image: { plan: Plan; sink: ImageSink } | undefined;
  private boot: Running;
  /** The version before the last switch. */
  private before: string;

  /** @param trust of a device that was enrolled before; default: one that was not, and so installs nothing until it is */
  constructor(
    factoryVersion: string,
    readonly trust: TrustStore = memoryTrust(),
  ) {
    this.boot = { version: factoryVersion, boot_id: randomUUID() };
    this.before = factoryVersion;
  }

  loadJournal(): Promise<UpdateState> {
    return Promise.resolve(this.journal);
  }

  saveJournal(state: UpdateState): Promise<void> {
    this.journal = state;
    return Promise.resolve();
  }

  running(): Promise<Running> {
    return Promise.resolve(this.boot);
  }

  openImage(plan: Plan, _signal: AbortSignal): Promise<ImageSink> {
    if (!this.image || !isSamePlan(this.image.plan, plan)) this.image = { plan, sink: this.makeSink() };
    return Promise.resolve(this.image.sink);
  }

  discard(): Promise<void> {
    this.image = undefined;
    return Promise.resolve();
  }

  install(_plan: Plan, _signal: AbortSignal): Promise<void> {
    this.image = undefined;
    return Promise.resolve();
  }

  activate({ version }: Plan): Promise<void> {
    this.before = this.boot.version;
    this.boot = { version, boot_id: randomUUID() };
    return Promise.resolve();
  }

  confirm(_plan: Plan, _signal: AbortSignal): Promise<Health> {
    return Promise.resolve({ well: true });
  }

  rollBack(_plan: Plan): Promise<void> {
    this.boot = { version: this.before, boot_id: randomUUID() };
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Where the next image goes. */
  protected makeSink(): ImageSink {
    return new HashSink();
  }
}
