/** Events of which it is remembered how often they failed; the oldest is forgotten then, e.g. one that another worker has done since. */
const REMEMBERED = 1_000;

/**
 * How often events failed by their own fault, in this process. The server's count of deliveries would hold an outage against them: what
 * was refused five times by a log that was away would be set aside at the first other error.
 */
export class Faults {
  private readonly counts = new Map<number, number>();

  /** One more. @returns how many there are now */
  add(position: number): number {
    const count = (this.counts.get(position) ?? 0) + 1;
    this.counts.delete(position);
    this.counts.set(position, count);
    const [oldest] = this.counts.keys();
    if (this.counts.size > REMEMBERED && oldest !== undefined) this.counts.delete(oldest);
    return count;
  }

  /** The event is done with. */
  forget(position: number): void {
    this.counts.delete(position);
  }
}
