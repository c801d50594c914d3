import type { EventLog, LogState } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { FoldCheckpoint, type FoldAlarm, type WantedRebuild } from './checkpoint.js';
import { RowsGone, isTableGone } from './database-errors.js';
import { divergence } from './divergence.js';
import type { FoldDatabase, FoldTransaction, Lasts } from './fold-database.js';

const WRONG = 'the rows are known to be wrong: somebody has changed them, or has them made anew after an alarm';

/** The checkpoint row of one fold, where a database looks. */
export class Checkpoints {
  /** A log and a row that belong together, as text. */
  private compared: string | undefined;

  constructor(
    private readonly database: FoldDatabase,
    private readonly name: string,
    private readonly machine: Machine,
  ) {}

  /**
   * Compares the rows with the log. An alarm stays in the row, whatever the log says later.
   * @param seen what the log held before the row was read: while that and the row are those that were compared before, nobody is asked what stands where
   */
  async compare(log: EventLog, found: FoldCheckpoint, seen?: LogState): Promise<FoldAlarm | undefined> {
    // A log that was not that far yet would be the same again, had it lost the rest.
    const both = seen && found.position <= seen.last ? JSON.stringify([seen, found]) : undefined;
    if (both !== undefined && both === this.compared) return undefined;
    const alarm = found.alarm ?? (await divergence(log, found, this.machine.clock, seen));
    this.compared = alarm === undefined ? both : undefined;
    const { name } = this;
    // Not over one that was raised meanwhile, and not of rows that have moved on since.
    if (alarm && !found.alarm) {
      await this.database.rows.change(FoldCheckpoint, { name, position: found.position }, { alarm });
    }
    return alarm;
  }

  /** The row as it is; undefined when there is none, or no such table. */
  async find(): Promise<FoldCheckpoint | undefined> {
    try {
      return (await this.database.rows.get(FoldCheckpoint, [{ name: this.name }]))[0];
    } catch (error) {
      if (isTableGone(error)) return undefined;
      throw error;
    }
  }

  /** Says that these rows are to be made anew. */
  async want(rebuild: WantedRebuild): Promise<void> {
    await this.database.rows.change(FoldCheckpoint, { name: this.name }, { rebuild });
  }

  /**
   * Takes the row's lock until the transaction ends: replicas fold one after the other.
   * @param led what this leader knows to be committed @param lasts of what the transaction writes
   * @throws RowsGone when the rows are not even that far, so that events between would be lost, or are wrong
   */
  async lock(tx: FoldTransaction, led: number, lasts: Lasts): Promise<number> {
    return assertThere(await tx.lockCheckpoint(this.name, lasts), led).position;
  }

  /** Writes the row of rows that begin: in tables that were made just now. */
  async begin(tx: FoldTransaction, stream_created: string): Promise<void> {
    const generation = this.machine.entropy.uuid();
    const marks = { position: 0, event_id: null, lasting_position: null, lasting_id: null };
    await tx.add(FoldCheckpoint, [
      { name: this.name, generation, stream_created, ...marks, alarm: null, rebuild: null },
    ]);
  }
}

/** @throws RowsGone when the rows are not those that a leader had committed up to `led`, or are wrong */
export function assertThere<F extends Pick<FoldCheckpoint, 'position' | 'rebuild'>>(
  found: F | undefined,
  led: number,
): F {
  if (!found || found.position < led) {
    throw new RowsGone(`the rows were at ${led} and are at ${found?.position ?? 'nothing'}`);
  }
  if (found.rebuild === 'wrong') throw new RowsGone(WRONG);
  return found;
}
