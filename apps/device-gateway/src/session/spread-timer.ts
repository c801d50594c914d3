import type { Clock, Stop } from '@edgeflow/runtime';

/** Spokes of a wheel: the work of one period is spread over so many turns. */
const SPOKES = 32;

/**
 * Visits every member once a period with one timer for all of them: an idle session costs a place in a set, not timers of its own,
 * and the visits are spread evenly over the period, whenever the members came. Where there are few, only the turns that visit somebody are waited for.
 */
export class SpreadTimer<T> {
  private readonly spokes: Set<T>[] = Array.from({ length: SPOKES }, () => new Set<T>());
  private readonly began: number;
  private readonly turn_ms: number;
  private next = 0;
  /** The turn that is waited for. */
  private awaited = Infinity;
  private callOff: Stop | undefined;
  private isOver = false;

  constructor(
    private readonly clock: Pick<Clock, 'after' | 'steady_ms'>,
    period_s: number,
    private readonly visit: (member: T) => void,
  ) {
    this.turn_ms = (period_s * 1_000) / SPOKES;
    this.began = clock.steady_ms();
  }

  /** Ends the visits. */
  readonly stop: Stop = () => {
    this.isOver = true;
    this.callOff?.();
  };

  /** Adds a member. @returns how to take it off again */
  add(member: T): () => void {
    const number = this.next++ % SPOKES;
    const spoke = this.spoke(number);
    spoke.add(member);
    const now = this.turnNow();
    this.wait(now + 1 + ((number - now - 1 + SPOKES) % SPOKES));
    return () => void spoke.delete(member);
  }

  /** How many turns were over by now. */
  private turnNow(): number {
    return Math.floor((this.clock.steady_ms() - this.began) / this.turn_ms);
  }

  private wait(turn: number): void {
    if (turn >= this.awaited || this.isOver) return;
    this.callOff?.();
    this.awaited = turn;
    const ms = this.began + turn * this.turn_ms - this.clock.steady_ms();
    this.callOff = this.clock.after(ms, () => this.take(turn), { ref: false });
  }

  private take(turn: number): void {
    this.awaited = Infinity;
    for (const member of this.spoke(turn)) this.visit(member);
    // A machine that stood still meanwhile goes on from where it is.
    const from = Math.max(turn, this.turnNow()) + 1;
    for (let ahead = 0; ahead < SPOKES; ahead += 1) {
      if (this.spoke(from + ahead).size > 0) return this.wait(from + ahead);
    }
  }

  private spoke(turn: number): Set<T> {
    return this.spokes[turn % SPOKES] as Set<T>;
  }
}
