import { HashSink, MemoryDevice, UpdateFailure, pause } from '@edgeflow/device-agent';
import type { Health, ImageSink, Plan } from '@edgeflow/device-agent';
import type { Script } from './script.js';

export interface SimulatedDeviceOptions {
  version: string;
  /** What is to happen in an update. */
  scriptFor(plan: Plan): Script;
  /** Bytes a second; 0 is without limit. */
  bandwidth: number;
  /** Bytes came. */
  onBytes(bytes: number): void;
  /** The device goes silent: for this run it is gone. */
  onSilent(): void;
}

/** Waits no wait: a promise that only the signal ends. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** A device in memory that follows a script: late, slow, or in trouble. */
export class SimulatedDevice extends MemoryDevice {
  private opened: string | undefined;
  private sinkOptions: SinkOptions | undefined;

  constructor(private readonly options: SimulatedDeviceOptions) {
    super(options.version);
  }

  override async openImage(plan: Plan, signal: AbortSignal): Promise<ImageSink> {
    if (this.opened !== plan.update_id) {
      this.opened = plan.update_id;
      const { fault, download_delay_ms } = this.options.scriptFor(plan);
      const { bandwidth, onBytes } = this.options;
      this.sinkOptions = { spoils: fault === 'checksum-mismatch', bandwidth, onBytes, signal };
      await pause(download_delay_ms, signal);
      signal.throwIfAborted();
    }
    return super.openImage(plan, signal);
  }

  override async install(plan: Plan, signal: AbortSignal): Promise<void> {
    const { fault, install_delay_ms } = this.options.scriptFor(plan);
    await pause(install_delay_ms, signal);
    signal.throwIfAborted();
    if (fault === 'install-failed') throw new UpdateFailure('install-failed', 'simulated: the slot cannot be written');
    if (fault === 'goes-silent') {
      this.options.onSilent();
      await pause(FOR_EVER_MS, signal);
      signal.throwIfAborted();
    }
    await super.install(plan, signal);
  }

  override async activate(plan: Plan): Promise<void> {
    const { version } = await this.running();
    const old = this.options.scriptFor(plan).fault === 'came-back-old';
    // A boot it is in any case, with a boot id of its own.
    await super.activate(old ? { ...plan, version } : plan);
  }

  override async confirm(plan: Plan): Promise<Health> {
    const { version } = await this.running();
    if (this.options.scriptFor(plan).fault === 'came-back-old')
      throw new UpdateFailure('rolled-back', `simulated: the device runs ${version} again`);
    return { well: true };
  }

  protected override makeSink(): ImageSink {
    return this.sinkOptions ? new SlowSink(this.sinkOptions) : super.makeSink();
  }
}

interface SinkOptions {
  spoils: boolean;
  bandwidth: number;
  onBytes(bytes: number): void;
  signal: AbortSignal;
}

/** Takes bytes no faster than its line, and spoils the first one if it must. */
class SlowSink extends HashSink {
  constructor(private readonly options: SinkOptions) {
    super();
  }

  override async write(chunk: Uint8Array): Promise<void> {
    const { spoils, bandwidth, onBytes, signal } = this.options;
    const taken = spoils && this.received === 0 ? spoilt(chunk) : chunk;
    await super.write(taken);
    onBytes(chunk.length);
    if (bandwidth > 0) await pause((chunk.length / bandwidth) * 1000, signal);
  }
}

function spoilt(chunk: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(chunk);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
