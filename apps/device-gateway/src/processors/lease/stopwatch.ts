import type { Clock } from '@edgeflow/runtime';

/** Measures how long ago something was, also for a process that was stopped, or on a machine that slept: by the longer of two clocks. */
export class Stopwatch {
  private steady = 0;
  private wall = 0;

  constructor(private readonly clock: Pick<Clock, 'now' | 'steady_ms'>) {
    this.restart();
  }

  restart(): void {
    this.steady = this.clock.steady_ms();
    this.wall = this.clock.now().getTime();
  }

  /** In seconds. */
  elapsed_s(): number {
    const { clock } = this;
    return Math.max(clock.steady_ms() - this.steady, clock.now().getTime() - this.wall) / 1000;
  }
}
