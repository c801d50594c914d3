import type { Clock } from '@edgeflow/runtime';
import { LastWritten, type LookedAt, type Written } from '../../session/last-written.js';

/** The newest goodbye that this process has written, for whichever gateway. While it stands in the log, so do all before it. */
export class LastGoodbye {
  private last: LastWritten | undefined;
  /** Said while it was not known whether the log still has the one before. */
  private newer: LastWritten | undefined;

  constructor(
    private readonly log: LookedAt,
    private readonly clock: Clock,
  ) {}

  /** Hears of a goodbye that is stored. */
  said(goodbye: Written): void {
    if (this.last?.isInDoubt === true) this.newer = new LastWritten(this.log, this.clock, goodbye);
    else if (this.last) this.last.wrote(goodbye, this.clock.steady_ms());
    else this.last = new LastWritten(this.log, this.clock, goodbye);
  }

  /** True, once, when the log has lost its tail with goodbyes in it. @throws Refused `log-unavailable`, `log-diverged` */
  async isLost(): Promise<boolean> {
    const { last } = this;
    if (last?.isInDoubt !== true) return false;
    const isLost = await last.isLost();
    this.last = this.newer ?? (isLost ? undefined : last);
    this.newer = undefined;
    return isLost;
  }
}
