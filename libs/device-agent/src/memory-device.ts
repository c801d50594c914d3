import { createHash, randomUUID, type Hash } from 'node:crypto';
import type { DevicePlatform, ImageSink, Running } from './device-platform.js';
import { memoryTrust, type TrustStore } from './trust/trust-store.js';
import type { Plan, UpdateState } from './update/update.state.js';

/** Takes an image, keeps its hash and its length, and forgets the bytes. */
export class HashSink implements ImageSink {
  private hash: Hash = createHash('sha256');
  private bytes = 0;
  readonly resumed = false;

  get received(): number {
    return this.bytes;
  }

  write(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk);
    this.bytes += chunk.length;
    return Promise.resolve();
  }

  rewind(): Promise<void> {
    this.hash = createHash('sha256');
    this.bytes = 0;
    return Promise.resolve();
  }

  digest(): Promise<string> {
    return Promise.resolve(this.hash.copy().digest('hex'));
  }
}

/** A device in memory that really verifies what it downloads: for simulators and benches, thousands in a process. */
export class MemoryDevice implements DevicePlatform {
  private journal: UpdateState = { status: 'idle' };
  private image: { update_id: string; sink: ImageSink } | undefined;
  private boot: Running;

  /** @param trust of a device that was enrolled before; default: one that was not, and so installs nothing until it is */
  constructor(
    factoryVersion: string,
    readonly trust: TrustStore = memoryTrust(),
  ) {
    this.boot = { version: factoryVersion, boot_id: randomUUID() };
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

  openImage({ update_id }: Plan, _signal: AbortSignal): Promise<ImageSink> {
    if (this.image?.update_id !== update_id) this.image = { update_id, sink: this.makeSink() };
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
    this.boot = { version, boot_id: randomUUID() };
    return Promise.resolve();
  }

  confirm(_plan: Plan, _signal: AbortSignal): Promise<void> {
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
