import { Refused } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import type { FoldAlarm, FoldCheckpoint } from './checkpoint.js';
import { foldAlarm, foldPosition } from './metrics.js';

const ALARMS: readonly FoldAlarm[] = ['checkpoint-ahead', 'stream-recreated'];

/** What this process knows of the rows of a fold, whoever folds them: how far they are, whether they are whole, and why nobody folds. */
export class RowsState {
  private readonly changed = new EventTarget();
  private seen = 0;
  private wholeFrom = Infinity;
  private raised: FoldAlarm | undefined;

  /** @param alarmed told of each change of the alarm */
  constructor(
    private readonly fold: string,
    private readonly alarmed: (alarm: FoldAlarm | undefined) => void,
  ) {}

  /** The position of the last event in the rows. */
  get position(): number {
    return this.seen;
  }

  get alarm(): FoldAlarm | undefined {
    return this.raised;
  }

  /** False while the rows are being made anew. */
  get isWhole(): boolean {
    return this.seen >= this.wholeFrom;
  }

  /** Takes notice of the checkpoint; undefined when there is none. */
  saw(found: Pick<FoldCheckpoint, 'position' | 'whole_from' | 'alarm'> | undefined): void {
    const { position = 0, whole_from = Infinity, alarm = null } = found ?? {};
    this.wholeFrom = whole_from;
    // Rows that are made anew go back; else an answer that was overtaken by a commit must not.
    if (position < whole_from) this.seen = position;
    this.advance(position);
    this.raise(alarm ?? undefined);
  }

  advance(position: number): void {
    if (position <= this.seen) return;
    this.seen = position;
    foldPosition.set({ fold: this.fold }, position);
    this.changed.dispatchEvent(new Event('moved'));
  }

  /** @throws Refused `read-model-behind` while the rows are being made anew */
  checkWhole(): void {
    if (this.isWhole) return;
    const facts = Number.isFinite(this.wholeFrom) ? { position: this.seen, wanted: this.wholeFrom } : {};
    throw new Refused('read-model-behind', 'The read models are being made anew from the log', facts);
  }

  /** Resolves at the next advance, or after `ms`. */
  nextChange(ms: number): Promise<void> {
    const timeout = AbortSignal.timeout(Math.max(1, ms));
    return new Promise((resolve) => {
      this.changed.addEventListener('moved', () => resolve(), { once: true, signal: timeout });
      timeout.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  raise(alarm: FoldAlarm | undefined): void {
    if (alarm === this.raised) return;
    this.raised = alarm;
    for (const name of ALARMS) foldAlarm.set({ fold: this.fold, alarm: name }, name === alarm ? 1 : 0);
    const said = { fold: this.fold, alarm };
    if (alarm)
      logger.error(
        said,
        'the rows were not made of this log: nothing is folded or written until somebody decides: restore NATS, or npm run rebuild (docs/operations.md)',
      );
    else logger.warn(said, 'the alarm of the fold is over');
    this.alarmed(alarm);
  }
}
