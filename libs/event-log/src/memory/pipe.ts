import type { Clock } from '@edgeflow/runtime';

/** One direction of a connection: what is sent arrives in its order, late perhaps, or not at all once the connection is lost. */
export class Pipe {
  private queue: { due: number; work: () => void }[] = [];
  private held = false;
  private scheduled: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /** `work` is what the other end does with it. */
  send(delay_ms: number, work: () => void): void {
    const due = Math.max(this.queue.at(-1)?.due ?? 0, this.clock.steady_ms() + delay_ms);
    this.queue.push({ due, work });
    this.schedule();
  }

  /** What is under way does not arrive any more. */
  clear(): void {
    this.queue = [];
    this.unschedule();
  }

  /** Nothing arrives until it is released; nothing is lost. */
  hold(): void {
    this.held = true;
    this.unschedule();
  }

  release(): void {
    this.held = false;
    this.schedule();
  }

  private schedule(): void {
    const [first] = this.queue;
    if (!first || this.held || this.scheduled) return;
    const wait = first.due - this.clock.steady_ms();
    if (wait > 0) {
      this.scheduled = this.clock.after(wait, () => this.arrive());
      return;
    }
    let isOff = false;
    this.scheduled = () => (isOff = true);
    // Not in this turn, however fast it is: who asks again and again would else keep everybody else from theirs.
    void this.clock.sleep(0).then(() => {
      if (!isOff) this.arrive();
    });
  }

  private unschedule(): void {
    this.scheduled?.();
    this.scheduled = undefined;
  }

  private arrive(): void {
    this.scheduled = undefined;
    const { queue } = this;
    const now = this.clock.steady_ms();
    while (!this.held && this.queue === queue && queue[0] && queue[0].due <= now) queue.shift()?.work();
    this.schedule();
  }
}
