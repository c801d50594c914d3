/** What is out of order now. Most of the time nothing is, and nothing is asked then. */
export class Conditions<C> {
  private readonly current = new Set<C>();

  get isNone(): boolean {
    return this.current.size === 0;
  }

  /** @returns what ends it */
  add(condition: C): () => void {
    this.current.add(condition);
    return () => void this.current.delete(condition);
  }

  /** The first that is so. */
  find(isSo: (condition: C) => boolean): C | undefined {
    for (const condition of this.current) if (isSo(condition)) return condition;
    return undefined;
  }

  /** The sum of what all of them add. */
  sum(of: (condition: C) => number): number {
    let sum = 0;
    for (const condition of this.current) sum += of(condition);
    return sum;
  }
}

/** Who looks on is no part of what is simulated: nothing strikes him. */
const ONLOOKERS: readonly string[] = ['onlooker', 'provision'];

/** @param wanted whom it strikes; everybody when nobody is named */
export function concerns(wanted: string | undefined, who: string): boolean {
  return wanted === undefined ? !ONLOOKERS.includes(who) : wanted === who;
}
