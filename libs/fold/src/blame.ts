import type { Part } from '@edgeflow/event-log';
import { setUpState } from './database-errors.js';

/**
 * Whose fault it is when the database refuses rows by its set-up: a right, a definition, a trigger of somebody. It may be about the one
 * event, which is set aside then. When the next event is refused by the same word, and none was folded in between, it is the database that
 * is to be mended: to set one event after the other aside would empty the rows. One for each fold.
 */
export class Blame {
  private said: string | undefined;
  private blamed: string | undefined;

  /** True for a refusal by which an event was set aside just now: it is waited until it has been mended. */
  isTheDatabases(error: unknown): boolean {
    const state = setUpState(error);
    this.said = state;
    return state !== undefined && state === this.blamed;
  }

  /** A batch is in the rows, or was passed over. */
  committed({ events, unread }: Part): void {
    if (events.length > 0) this.blamed = undefined;
    else if (unread.some(({ unread: { why } }) => why === 'set-aside')) this.blamed = this.said;
  }
}
