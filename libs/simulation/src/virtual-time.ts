import type { Entropy, Machine, Stop } from '@edgeflow/runtime';
import { NodeClock, type NodeClockOptions } from './node-clock.js';
import { Timers, type Timer } from './timers.js';
import { turn } from './turn.js';

const DAY_MS = 86_400_000;
/** After so many steps time has to go on: whoever waits for nothing again and again would hang a simulation. */
const STEPS_AT_A_MOMENT_MAX = 100_000;

export interface VirtualTimeOptions {
  /** What clocks without an offset say at the beginning. */
  start?: Date | undefined;
  /**
   * Decides which node comes first of those that have something at one moment. Without it the one that had set it first. Of one node what was
   * set first comes first in both cases, as timers do in Node.
   */
  order_seed?: number | undefined;
}

/** Time that goes on only when somebody lets it: from timer to timer, each when everything before it has settled. */
export class VirtualTime {
  readonly start_ms: number;
  /** How many timers have come. */
  steps = 0;
  private readonly order_seed: number | undefined;
  private readonly timers = new Timers();
  private readonly watchers = new Set<() => void>();
  private passed = 0;
  private set = 0;
  private steps_now = 0;
  private isGoing = false;

  constructor({ start = new Date('2026-01-02T00:00:00Z'), order_seed }: VirtualTimeOptions = {}) {
    this.start_ms = start.getTime();
    this.order_seed = order_seed;
  }

  /** Milliseconds since the beginning. */
  get now_ms(): number {
    return this.passed;
  }

  /** The clock of one run of a program: it ends with the program, and the next run has one of its own. */
  clock(how: NodeClockOptions = {}): NodeClock {
    return new NodeClock(this, how);
  }

  /** A clock, and this chance beside it. */
  machine(entropy: Entropy, how: NodeClockOptions = {}): Machine {
    return { clock: this.clock(how), entropy };
  }

  /**
   * Does `work` at a moment, or now if that has been.
   * @param at_ms since the beginning
   * @param lane whose work it is: a number for each node
   * @returns what calls it off
   */
  at(at_ms: number, work: () => void, lane = 0): Stop {
    // To a microsecond: sums of fractions would let a timer come a hair before its time, and be set again for no time at all.
    const at = Math.max(this.passed, Math.ceil(at_ms * 1_000) / 1_000);
    const rank = this.order_seed === undefined ? 0 : mixed(this.order_seed, lane, at);
    const timer: Timer = { at, rank, set: (this.set += 1), work };
    this.timers.add(timer);
    return () => this.timers.callOff(timer);
  }

  /** Calls `check` each time that everything has settled; what it throws ends the wait. @returns what ends it */
  watch(check: () => void): Stop {
    this.watchers.add(check);
    return () => void this.watchers.delete(check);
  }

  /**
   * Lets time go on until something has come about.
   * @throws Error when it has not within so long, or nothing is to come any more
   */
  async until<T>(coming: Promise<T>, within_ms = DAY_MS): Promise<T> {
    let isSettled = false;
    const settled = (): void => void (isSettled = true);
    coming.then(settled, settled);
    await this.go(() => isSettled, this.passed + within_ms, 'it has not come about');
    return coming;
  }

  /** Lets so much time go by, with what is due at its end. */
  async pass(ms: number): Promise<void> {
    const end = this.passed + ms;
    await this.go(() => false, end);
    this.passed = Math.max(this.passed, end);
  }

  /** Lets time go on until something is so. @throws Error when it is not within so long */
  async become(isSo: () => boolean, within_ms = 300_000): Promise<void> {
    await this.go(isSo, this.passed + within_ms, 'it has not become so');
  }

  /** @param late what to say when it is not over by then; without it that is no matter */
  private async go(isOver: () => boolean, end: number, late?: string): Promise<void> {
    if (this.isGoing) throw new Error('time goes on already: wait for that first');
    this.isGoing = true;
    try {
      for (;;) {
        await turn();
        for (const check of this.watchers) check();
        if (isOver()) return;
        if (!this.step(end)) break;
      }
    } finally {
      this.isGoing = false;
    }
    if (late !== undefined)
      throw new Error(`${late} after ${this.passed} ms, and nothing more is to come until ${end} ms`);
  }

  private step(end: number): boolean {
    const next = this.timers.take(end);
    if (!next) return false;
    this.steps += 1;
    this.steps_now = next.at > this.passed ? 0 : this.steps_now + 1;
    if (this.steps_now > STEPS_AT_A_MOMENT_MAX) throw new Error(`time stands still at ${this.passed} ms`);
    this.passed = next.at;
    next.work();
    return true;
  }
}

/** An integer that is made of these alone, and looks like any. Steps of MurmurHash3 (A. Appleby, public domain). */
function mixed(seed: number, lane: number, at: number): number {
  let hash = seed | 0;
  for (const part of [lane, Math.floor(at), Math.round((at % 1) * 1_000)]) {
    const turned = Math.imul(part, 0xcc9e2d51);
    hash ^= Math.imul((turned << 15) | (turned >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
