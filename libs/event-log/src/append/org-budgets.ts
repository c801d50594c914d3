import { isAskedFor, Refused, type OtaEvent } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { Budget, type Amount } from './budget.js';

/** Subject, headers and the server's own share of a message, about. */
const OVERHEAD_BYTES = 700;
const NOTHING: Amount = { messages: 0, bytes: 0 };

/**
 * Keeps one organization from filling the log, and from being what everybody else waits for. What it does not count it never refuses:
 * control, and what services decide by themselves.
 */
export class OrgBudgets {
  private readonly budgets = new Map<string, Budget>();

  /** @param perMinute what the callers and devices of each organization may have written by this process; default: as much as they like */
  constructor(
    private readonly perMinute: Amount | undefined,
    private readonly clock: Pick<Clock, 'steady_ms'>,
  ) {}

  /** @throws Refused `too-many-requests` with `retry_after_s`; nothing is charged then */
  charge(events: readonly OtaEvent[]): void {
    if (!this.perMinute) return;
    const at = this.clock.steady_ms();
    for (const [org, own] of Map.groupBy(events.filter(isAskedFor), (event) => event.org)) {
      const budget = this.budgets.get(org) ?? new Budget(this.perMinute);
      this.budgets.set(org, budget);
      // Whoever has anything left may take more than that once: a batch is not to wait for ever.
      if (budget.isUsedUp(at)) throw tooMany(org, budget.wait(NOTHING, at));
      budget.charge({ messages: own.length, bytes: own.reduce((bytes, event) => bytes + sizeOf(event), 0) });
    }
  }
}

function sizeOf({ data }: OtaEvent): number {
  return OVERHEAD_BYTES + Buffer.byteLength(JSON.stringify(data));
}

function tooMany(org: string, wait_ms: number): Refused {
  const retry_after_s = Math.max(1, Math.ceil(wait_ms / 1000));
  return new Refused('too-many-requests', `The organization ${org} has more written in a minute than it may`, {
    retry_after_s,
  });
}
