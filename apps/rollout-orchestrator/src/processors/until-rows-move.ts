import type { Fold } from '@edgeflow/fold';

/** Which rows there are, and how far they are. */
export type RowsMoved = Pick<Fold, 'generation' | 'position'>;

/**
 * A question about rows whose answer no time changes, only events: where nothing was found there is nothing until the rows have moved on, or others
 * have come in their place. So it is for a process that begins to lead, too: it knows how far rows are that another one has folded.
 */
export class UntilRowsMove {
  /** The rows in which there was nothing. */
  private nothingIn: string | undefined;

  constructor(private readonly rows: RowsMoved) {}

  /** @param look what there is in the rows, which are at least as far as they are known to be */
  async find<R>(look: () => Promise<R[]>): Promise<R[]> {
    // From before the look: what comes meanwhile may not be in it.
    const rows = `${this.rows.generation} ${this.rows.position}`;
    if (rows === this.nothingIn) return [];
    const found = await look();
    this.nothingIn = found.length === 0 ? rows : undefined;
    return found;
  }

  /** The same where it is only asked whether there is something. */
  async isThere(look: () => Promise<boolean>): Promise<boolean> {
    const found = await this.find(async () => ((await look()) ? [true] : []));
    return found.length > 0;
  }
}
