/** Measures how long ago something was, also for a process that was stopped, or on a machine that slept: by the longer of two clocks. */
export class Stopwatch {
  private steady = performance.now();
  private wall = Date.now();

  restart(): void {
    this.steady = performance.now();
    this.wall = Date.now();
  }

  /** In seconds. */
  elapsed_s(): number {
    return Math.max(performance.now() - this.steady, Date.now() - this.wall) / 1000;
  }
}
