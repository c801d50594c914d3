/** Spokes of a wheel: the work of one period is spread over so many turns. */
const SPOKES = 32;

/**
 * Visits every member once a period with one timer for all of them: an idle tunnel costs a place in a set, not timers of its own,
 * and the visits are spread evenly over the period, whenever the members came.
 */
export class Wheel<T> {
  private readonly spokes: Set<T>[] = Array.from({ length: SPOKES }, () => new Set<T>());
  private readonly timer: NodeJS.Timeout;
  private next = 0;
  private turn = 0;

  constructor(period_s: number, visit: (member: T) => void) {
    this.timer = setInterval(
      () => {
        for (const member of this.spoke(this.turn++)) visit(member);
      },
      (period_s * 1000) / SPOKES,
    );
    this.timer.unref();
  }

  /** Adds a member. @returns how to take it off again */
  add(member: T): () => void {
    const spoke = this.spoke(this.next++);
    spoke.add(member);
    return () => void spoke.delete(member);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private spoke(n: number): Set<T> {
    return this.spokes[n % SPOKES] as Set<T>;
  }
}
