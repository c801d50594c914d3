import type { Entropy } from '@edgeflow/runtime';
import type { DevicePlatform, Health, ImageSink, Running } from './device-platform.js';
import { HashSink } from './hash-sink.js';
import { TrustStore } from './trust/trust-store.js';
import { isSamePlan, type Plan, type UpdateState } from './update/update.state.js';

/** A device in memory that really verifies what it downloads: for simulators and benches, thousands in a process. */
export class MemoryDevice implements DevicePlatform {
  private journal: UpdateState = { status: 'idle' };
  private image: { plan: Plan; sink: ImageSink } | undefined;
  private boot: Running;
  /** The version before the last switch. */
  private before: string;

  /**
   * @param entropy for the ids of its boots
   * @param trust of a device that was enrolled before; default: one that was not, and so installs nothing until it is
   */
  constructor(
    factoryVersion: string,
    private readonly entropy: Pick<Entropy, 'uuid'>,
    readonly trust: TrustStore = new TrustStore(),
  ) {
    this.boot = { version: factoryVersion, boot_id: entropy.uuid() };
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
    this.boot = { version, boot_id: this.entropy.uuid() };
    return Promise.resolve();
  }

  confirm(_plan: Plan, _signal: AbortSignal): Promise<Health> {
    return Promise.resolve({ well: true });
  }

  rollBack(_plan: Plan): Promise<void> {
    this.boot = { version: this.before, boot_id: this.entropy.uuid() };
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
