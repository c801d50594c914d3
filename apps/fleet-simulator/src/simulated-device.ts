import { HashSink, MemoryDevice, UpdateFailure } from '@edgeflow/device-agent';
import type { Consent, Health, ImageSink, Plan } from '@edgeflow/device-agent';
import type { Machine } from '@edgeflow/runtime';
import type { Script } from './script.js';

export interface SimulatedDeviceOptions extends Machine {
  version: string;
  /** What is to happen in an update. */
  scriptFor(plan: Plan): Script;
  /** For so many seconds somebody puts an update off. */
  postpone_s: number;
  /** Bytes a second; 0 is without limit. */
  bandwidth: number;
  /** Bytes came. */
  onBytes(bytes: number): void;
  /** The device goes silent: for this run it is gone. */
  onSilent(): void;
  /** The device runs the new version, and its boot loader is going to take it back. */
  onRevert(plan: Plan): void;
}

/** Waits no wait: a promise that only the signal ends. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** A device in memory that follows a script: late, slow, or in trouble. */
export class SimulatedDevice extends MemoryDevice {
  private opened: string | undefined;
  private sinkOptions: SinkOptions | undefined;
  /** The update that somebody put off last. */
  private postponed: string | undefined;

  constructor(private readonly options: SimulatedDeviceOptions) {
    super(options.version, options.entropy);
  }

  /** What somebody at the device says to an update. */
  consentTo(plan: Plan): Consent {
    const { fault } = this.options.scriptFor(plan);
    if (fault === 'declines') return { answer: 'never', message: 'simulated: nobody wants it' };
    if (fault !== 'postpones' || this.postponed === plan.update_id) return { answer: 'now' };
    this.postponed = plan.update_id;
    return { answer: 'later', for_s: this.options.postpone_s, reason: 'simulated: not now' };
  }

  override async openImage(plan: Plan, signal: AbortSignal): Promise<ImageSink> {
    if (this.opened !== plan.update_id) {
      this.opened = plan.update_id;
      const { fault, download_delay_ms } = this.options.scriptFor(plan);
      const { bandwidth, onBytes, clock } = this.options;
      this.sinkOptions = { spoils: fault === 'checksum-mismatch', bandwidth, onBytes, signal, clock };
      await clock.sleep(download_delay_ms, { signal });
      signal.throwIfAborted();
    }
    return super.openImage(plan, signal);
  }

  override async install(plan: Plan, signal: AbortSignal): Promise<void> {
    const { fault, install_delay_ms } = this.options.scriptFor(plan);
    await this.options.clock.sleep(install_delay_ms, { signal });
    signal.throwIfAborted();
    if (fault === 'install-failed') throw new UpdateFailure('install-failed', 'simulated: the slot cannot be written');
    if (fault === 'goes-silent') {
      this.options.onSilent();
      await this.options.clock.sleep(FOR_EVER_MS, { signal });
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
    const { fault } = this.options.scriptFor(plan);
    if (fault === 'reverts') this.options.onRevert(plan);
    if (fault === 'came-back-old')
      throw new UpdateFailure('rolled-back', `simulated: the device runs ${version} again`);
    return { well: true };
  }

  /** Boots what it ran before the plan's version, without a word. @returns false where it is about another update by now */
  async revert(plan: Plan): Promise<boolean> {
    const journal = await this.loadJournal();
    if (journal.status !== 'installed' || journal.update_id !== plan.update_id) return false;
    await this.rollBack(plan);
    return true;
  }

  protected override makeSink(): ImageSink {
    return this.sinkOptions ? new SlowSink(this.sinkOptions) : super.makeSink();
  }
}

type SinkOptions = Pick<SimulatedDeviceOptions, 'bandwidth' | 'onBytes' | 'clock'> & {
  spoils: boolean;
  signal: AbortSignal;
};

/** Takes bytes no faster than its line, and spoils the first one if it must. */
class SlowSink extends HashSink {
  constructor(private readonly options: SinkOptions) {
    super();
  }

  override async write(chunk: Uint8Array): Promise<void> {
    const { spoils, bandwidth, onBytes, signal, clock } = this.options;
    const taken = spoils && this.received === 0 ? spoilt(chunk) : chunk;
    await super.write(taken);
    onBytes(chunk.length);
    if (bandwidth > 0) await clock.sleep((chunk.length / bandwidth) * 1000, { signal });
  }
}

function spoilt(chunk: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(chunk);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
