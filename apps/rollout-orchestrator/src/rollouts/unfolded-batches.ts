/** Devices told in one append, and the position of its last event. */
interface Batch {
  last: number;
  devices: readonly string[];
}

/** Batches of one rollout that may be stored and not folded: enough that the log and the fold work at the same time. */
const MOST = 4;

/** What was told and is not in the rows yet, by rollout: it counts against the limits all the same. Hints of this process, no truth. */
export class UnfoldedBatches {
  private readonly batches = new Map<string, Batch[]>();

  add(rolloutId: string, batch: Batch): void {
    this.batches.set(rolloutId, [...(this.batches.get(rolloutId) ?? []), batch]);
  }

  /** @param folded the position up to which the rows are there */
  of(rolloutId: string, folded: number): { devices: string[]; full: boolean } {
    const left = (this.batches.get(rolloutId) ?? []).filter(({ last }) => last > folded);
    if (left.length > 0) this.batches.set(rolloutId, left);
    else this.batches.delete(rolloutId);
    return { devices: left.flatMap(({ devices }) => devices), full: left.length >= MOST };
  }
}
