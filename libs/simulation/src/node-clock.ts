import { Clock, type Sleep, type Stop } from '@edgeflow/runtime';

/** What a clock needs of time. */
interface Time {
  readonly start_ms: number;
  readonly now_ms: number;
  at(at_ms: number, work: () => void, lane?: number): Stop;
}

export interface NodeClockOptions {
  /** Whose clock it is: of what comes at one moment, that of one lane keeps its order. */
  lane?: number | undefined;
  /** How far the wall clock is ahead. */
  offset_ms?: number | undefined;
  /** How much faster it goes, wall clock and steady one, in millionths. */
  drift_ppm?: number | undefined;
}

interface Held {
  work: (() => void) | undefined;
}

/**
 * The clock of one run of a program. What was to come by it comes late when the program was paused meanwhile, and never once it is dead.
 * A timer of a program that drifts comes when its own clock says so.
 */
export class NodeClock extends Clock {
  /** How far the wall clock is ahead: whoever sets a machine's clock changes this. */
  offset_ms: number;
  private readonly lane: number;
  private rate: number;
  /** Since when the rate is this one, and what the steady clock said then. */
  private since: { at: number; steady: number };
  private state: 'running' | 'paused' | 'dead' = 'running';
  private held: Held[] = [];

  constructor(
    private readonly time: Time,
    { lane = 0, offset_ms = 0, drift_ppm = 0 }: NodeClockOptions,
  ) {
    super();
    this.lane = lane;
    this.offset_ms = offset_ms;
    this.rate = 1 + drift_ppm / 1e6;
    this.since = { at: time.now_ms, steady: time.now_ms };
  }

  get isAlive(): boolean {
    return this.state !== 'dead';
  }

  get isPaused(): boolean {
    return this.state === 'paused';
  }

  /** Drifts from now on. What has been set comes when it would have come. */
  drift(ppm: number): void {
    this.since = { at: this.time.now_ms, steady: this.steady_ms() };
    this.rate = 1 + ppm / 1e6;
  }

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  /** Goes on: what was to come meanwhile comes now, in its order. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    for (const held of this.held.splice(0)) this.time.at(this.time.now_ms, () => this.run(held), this.lane);
  }

  /** Nothing comes by this clock any more. */
  kill(): void {
    this.state = 'dead';
    this.held = [];
  }

  /** Does `work` when the program runs: now, or once it goes on; never when it is dead. For what reaches it from outside. */
  whenRunning(work: () => void): void {
    this.run({ work });
  }

  now(): Date {
    return new Date(this.time.start_ms + this.offset_ms + this.steady_ms());
  }

  steady_ms(): number {
    return this.since.steady + (this.time.now_ms - this.since.at) * this.rate;
  }

  sleep(ms: number, { signal }: Sleep = {}): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const over = (): void => {
        stop();
        signal?.removeEventListener('abort', over);
        if (this.isAlive) resolve();
      };
      const stop = this.after(ms, over);
      signal?.addEventListener('abort', over);
    });
  }

  after(ms: number, work: () => void): Stop {
    const held: Held = { work };
    const stop = this.time.at(this.time.now_ms + Math.max(0, ms) / this.rate, () => this.run(held), this.lane);
    return () => {
      held.work = undefined;
      stop();
    };
  }

  every(ms: number, work: () => void): Stop {
    // As in Node, where an interval of nothing is one of a millisecond.
    const period_ms = Math.max(1, ms);
    let stop = this.after(period_ms, again.bind(this));
    let isOver = false;
    function again(this: NodeClock): void {
      work();
      if (!isOver) stop = this.after(period_ms, again.bind(this));
    }
    return () => {
      isOver = true;
      stop();
    };
  }

  private run(held: Held): void {
    if (this.state === 'paused') this.held.push(held);
    else if (this.state === 'running') held.work?.();
  }
}
