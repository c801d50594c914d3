import type { Connection } from './connection.js';
import { LogDiverged } from '../errors.js';
import { stateOf } from './stream.js';

/** Makes sure that a position and the log belong together, from the first look on. */
export class LogIdentity {
  private created: string | undefined;

  constructor(private readonly connection: Connection) {}

  /** @param from the first position wanted. @throws LogDiverged when all before it cannot have come from this log */
  async check(from: number): Promise<void> {
    const { created, last } = await stateOf(this.connection);
    this.created ??= created;
    if (created !== this.created) throw new LogDiverged(`the stream was created anew at ${created}`);
    if (last < from - 1) throw new LogDiverged(`position ${from - 1} is handled, but the log ends at ${last}`);
  }
}
