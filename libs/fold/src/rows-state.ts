import { Refused } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import type { FoldAlarm, FoldCheckpoint } from './checkpoint.js';
import { foldAlarm, foldPosition } from './metrics.js';

const ALARMS: readonly FoldAlarm[] = ['checkpoint-ahead', 'stream-recreated'];

/** What this process knows of the rows of a fold, whoever folds them: how far they are, whether they are whole, and why nobody folds. */
export class RowsState {
  private readonly waiting = new Set<() => void>();
  /** Of the rows, as the checkpoint has it; empty for none. */
  generation = '';
  /** The position of the last event in the rows. */
  position = 0;
  /** False while there are none that may be read, and others are being made. */
  isWhole = false;
  alarm: FoldAlarm | undefined;

  /** @param alarmed told of each change of the alarm */
  constructor(
    private readonly fold: string,
    private readonly alarmed: (alarm: FoldAlarm | undefined) => void,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes notice of the checkpoint; undefined when there is none.
   * @param known position before anybody looked: rows that are not that far have been taken back by a crash of the database
   */
  saw(found: Pick<FoldCheckpoint, 'generation' | 'position' | 'alarm' | 'rebuild'> | undefined, known = 0): void {
    const { generation = '', position = 0, rebuild = null } = found ?? {};
    const wasWhole = this.isWhole;
    this.isWhole = found !== undefined && rebuild !== 'wrong';
    // Other rows may be further back; else an answer that was overtaken by a commit must not be.
    if (!this.isWhole || generation !== this.generation || position < known) this.position = 0;
    this.generation = generation;
    if (this.isWhole) this.advance(position);
    // Somebody has decided when they are to be made anew. An alarm of rows that are gone is ended by whoever makes others.
    if (found) this.raise(rebuild === 'wrong' ? undefined : (found.alarm ?? undefined));
    // Only then: whoever is woken may ask for the checkpoint himself, which ends here.
    if (this.isWhole !== wasWhole) this.wake();
  }

  advance(position: number): void {
    if (position <= this.position) return;
    this.position = position;
    foldPosition.set({ fold: this.fold }, position);
    this.wake();
  }

  /** @throws Refused `read-model-behind` while the rows are being made anew and there are no others */
  checkWhole(): void {
    if (!this.isWhole) throw new Refused('read-model-behind', 'The read models are being made anew from the log');
  }

  /** Resolves when any of this has changed, or after `ms`. */
  async nextChange(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const callOff = this.clock.after(Math.max(1, ms), resolve, { ref: false });
    this.waiting.add(resolve);
    await promise;
    this.waiting.delete(resolve);
    callOff();
  }

  raise(alarm: FoldAlarm | undefined): void {
    if (alarm === this.alarm) return;
    this.alarm = alarm;
    for (const name of ALARMS) foldAlarm.set({ fold: this.fold, alarm: name }, name === alarm ? 1 : 0);
    const said = { fold: this.fold, alarm };
    if (alarm)
      logger.error(
        said,
        'the rows were not made of this log: nothing is folded or written until somebody decides: restore NATS, or npm run rebuild (docs/operations.md)',
      );
    else logger.warn(said, 'the alarm of the fold is over');
    this.alarmed(alarm);
    this.wake();
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
  }
}
