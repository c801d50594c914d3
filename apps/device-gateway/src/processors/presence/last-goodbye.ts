import type { Clock } from '@edgeflow/runtime';
import { LastWritten, type LookedAt, type Written } from '../../session/last-written.js';

/** The newest goodbye that this process has written or found, for whichever gateway. While it stands in the log, so do all before it. */
export class LastGoodbye {
  private last: LastWritten | undefined;
  /** Said while it was not known whether the log still has the one before. */
  private newer: LastWritten | undefined;

  constructor(
    private readonly log: LookedAt,
    private readonly clock: Clock,
  ) {}

  /** Hears of a goodbye that is stored. It may be an older one than those heard of before. */
  said(goodbye: Written): void {
    if (this.last?.isInDoubt === true) this.newer = this.after(this.newer, goodbye);
    else this.last = this.after(this.last, goodbye);
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

  private after(last: LastWritten | undefined, goodbye: Written): LastWritten {
    if (!last) return new LastWritten(this.log, this.clock, goodbye);
    last.wrote(goodbye, this.clock.steady_ms());
    return last;
  }
}
