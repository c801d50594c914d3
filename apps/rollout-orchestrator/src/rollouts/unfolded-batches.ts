import type { RolloutRow } from '@edgeflow/rollout-rows';

/** Devices told in one append, and the position of its last event. */
interface Batch {
  last: number;
  devices: readonly string[];
}

/** Batches of one rollout that may be stored and not folded: enough that the log and the fold work at the same time. */
const MOST = 4;

/** A rollout of an organization: two of them may have rollouts of the same id. */
type Of = Pick<RolloutRow, 'org' | 'rollout_id'>;

/** What was told and is not in the rows yet, by rollout: it counts against the limits all the same. Hints of this process, no truth. */
export class UnfoldedBatches {
  private readonly batches = new Map<string, Batch[]>();

  add(of: Of, batch: Batch): void {
    const key = keyOf(of);
    this.batches.set(key, [...(this.batches.get(key) ?? []), batch]);
  }

  /** @param folded the position up to which the rows are there */
  of(of: Of, folded: number): { devices: string[]; full: boolean } {
    const key = keyOf(of);
    const left = (this.batches.get(key) ?? []).filter(({ last }) => last > folded);
    if (left.length > 0) this.batches.set(key, left);
    else this.batches.delete(key);
    return { devices: left.flatMap(({ devices }) => devices), full: left.length >= MOST };
  }

  /** Forgets what is in the rows by now, also of rollouts that nobody asks for any more. @param folded as above; default: everything */
  forget(folded = Infinity): void {
    for (const [key, batches] of this.batches) {
      if (batches.every(({ last }) => last <= folded)) this.batches.delete(key);
    }
  }
}

/** Neither part has a slash in it. */
export function keyOf({ org, rollout_id }: Of): string {
  return `${org}/${rollout_id}`;
}
