import type { Entropy } from '@edgeflow/runtime';
import type { NodeClock, VirtualTime } from '@edgeflow/simulation';

/** One boot of a device: what runs from when its power comes until that goes, or until it restarts itself. */
export interface Boot {
  /** Settles when the program wants another boot; it stays pending where the program runs on. */
  readonly ended: Promise<'restart' | 'over'>;
}

/** What a device is made of: what a boot is, and what of it breaks without power. */
export interface Hardware {
  boot(clock: NodeClock): Boot;
  /** The power goes: what was not kept is lost, and nobody hears of anything. */
  losePower(): void;
  /** Its connections break; it may make new ones. */
  loseNetwork(): void;
}

export interface PowerOptions {
  time: VirtualTime;
  entropy: Pick<Entropy, 'random'>;
  /** The lane of its clocks. */
  lane: number;
  offset_ms: number;
  drift_ppm: number;
}

/** A restart takes so long, in milliseconds. */
const RESTART_MS = 4_000;

/** A device with its switch: it boots, is cut off, and boots again, each time with a clock of its own. */
export class PoweredDevice {
  private clock: NodeClock | undefined;
  private isOut = false;
  /** It was taken away for good. */
  isGone = false;
  private run = 0;

  constructor(
    private readonly hardware: Hardware,
    private readonly options: PowerOptions,
  ) {}

  get isOn(): boolean {
    return this.clock !== undefined;
  }

  start(): void {
    if (this.clock || this.isOut) return;
    const { time, lane, offset_ms, drift_ppm } = this.options;
    const clock = time.clock({ lane, offset_ms, drift_ppm });
    const run = (this.run += 1);
    this.clock = clock;
    void this.hardware.boot(clock).ended.then((why) => {
      if (this.run !== run || !this.clock) return;
      this.off();
      if (why === 'restart') this.again(RESTART_MS);
    });
  }

  /** The power goes, and comes back after so long. */
  cut(for_ms: number): void {
    if (!this.clock) return;
    this.off();
    this.hardware.losePower();
    this.again(for_ms);
  }

  loseNetwork(): void {
    if (this.clock) this.hardware.loseNetwork();
  }

  /** The world is looked at: it does nothing any more, and nobody hears of that. */
  freeze(): void {
    this.isOut = true;
    this.clock?.pause();
  }

  /** It is taken away for good. */
  remove(): void {
    this.isGone = true;
    this.isOut = true;
    // Also of one that just restarts: its connections are there still.
    this.off();
    this.hardware.losePower();
  }

  private off(): void {
    this.clock?.kill();
    this.clock = undefined;
  }

  private again(after_ms: number): void {
    const { time, lane, entropy } = this.options;
    const run = this.run;
    const at_ms = time.now_ms + after_ms * (0.5 + entropy.random('power-comes'));
    time.at(at_ms, () => (this.run === run ? this.start() : undefined), lane);
  }
}
