import { MinHeap } from './min-heap.js';

/** What is to happen at a time; of the same time, in the recorded order. */
interface Due {
  at_ms: number;
  position: number;
  rank: number;
  happen: () => void;
}

/** Where something belongs among what happens at the same time. */
export type Order = Pick<Due, 'position' | 'rank'>;

/** Simulated time: it goes from one thing to the next, and no clock is behind it. Milliseconds since 1970. */
export class Agenda {
  private readonly queue = new MinHeap<Due>(isBefore);

  constructor(public now_ms: number) {}

  get at(): Date {
    return new Date(this.now_ms);
  }

  later(after_ms: number, { position, rank }: Order, happen: () => void): void {
    this.queue.put({ at_ms: this.now_ms + Math.max(0, after_ms), position, rank, happen });
  }

  /** Has one thing happen that is due. @returns false when nothing is */
  happenOne(): boolean {
    const due = this.queue.peek();
    if (!due || due.at_ms > this.now_ms) return false;
    this.queue.take();
    due.happen();
    return true;
  }

  /** Puts the clock forward to the next thing, or to the first of the given times. @returns false when none lies ahead */
  advance(times: readonly (number | undefined)[]): boolean {
    const ahead = [this.queue.peek()?.at_ms, ...times].map((time) => time ?? Infinity);
    const next = Math.min(...ahead.filter((time) => time > this.now_ms));
    if (!Number.isFinite(next)) return false;
    this.now_ms = next;
    return true;
  }
}

function isBefore(a: Due, b: Due): boolean {
  if (a.at_ms !== b.at_ms) return a.at_ms < b.at_ms;
  return a.position !== b.position ? a.position < b.position : a.rank < b.rank;
}
