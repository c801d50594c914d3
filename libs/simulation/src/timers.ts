/** Something that comes at a moment. Without `work` it was called off. */
export interface Timer {
  readonly at: number;
  /** Among those of one moment the smaller comes first. */
  readonly rank: number;
  /** The how-manieth that was set: it decides among those of one rank. */
  readonly set: number;
  work: (() => void) | undefined;
}

/** Those called off are forgotten once they are more than so many, and more than the others. */
const CALLED_OFF_MAX = 64;

/** Timers, the first of them at hand: a binary heap. */
export class Timers {
  private heap: Timer[] = [];
  private called_off = 0;

  add(timer: Timer): void {
    this.heap.push(timer);
    this.rise(this.heap.length - 1);
  }

  /** To call off what has come, or was called off, does nothing. */
  callOff(timer: Timer): void {
    if (!timer.work) return;
    timer.work = undefined;
    this.called_off += 1;
    if (this.called_off > CALLED_OFF_MAX && this.called_off * 2 > this.heap.length) this.forget();
  }

  /** Takes the first of those that come by then. */
  take(end: number): { at: number; work: () => void } | undefined {
    for (let first = this.heap[0]; first && first.at <= end; first = this.heap[0]) {
      this.removeFirst();
      const { at, work } = first;
      // So that calling it off later counts for nothing.
      first.work = undefined;
      if (work) return { at, work };
      this.called_off -= 1;
    }
    return undefined;
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (!last || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
  }

  private forget(): void {
    this.heap = this.heap.filter(({ work }) => work).sort((one, other) => (isBefore(one, other) ? -1 : 1));
    this.called_off = 0;
  }

  private rise(index: number): void {
    const { heap } = this;
    const timer = heap[index] as Timer;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!isBefore(timer, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  private sink(index: number): void {
    const { heap } = this;
    const timer = heap[index] as Timer;
    for (let below = 2 * index + 1; below < heap.length; below = 2 * index + 1) {
      const right = heap[below + 1];
      if (right && isBefore(right, heap[below] as Timer)) below += 1;
      const child = heap[below] as Timer;
      if (!isBefore(child, timer)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = timer;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  if (one.at !== other.at) return one.at < other.at;
  return one.rank === other.rank ? one.set < other.set : one.rank < other.rank;
}
