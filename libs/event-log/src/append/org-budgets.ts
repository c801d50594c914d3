import { isAskedFor, Refused, type OtaEvent } from '@edgeflow/contracts';

/** What the callers and devices of one organization may have written in a minute, by one process. */
export interface OrgBudget {
  events_per_minute: number;
  bytes_per_minute: number;
}

interface Left {
  events: number;
  bytes: number;
  at: number;
}

const MINUTE_MS = 60_000;
/** Subject, headers and the server's own share of a message, about. */
const OVERHEAD_BYTES = 700;

/**
 * Keeps one organization from filling the log, and from being what everybody else waits for. What it does not count it never refuses:
 * control, and what services decide by themselves.
 */
export class OrgBudgets {
  private readonly left = new Map<string, Left>();

  constructor(private readonly budget: OrgBudget | undefined) {}

  /** @throws Refused `too-many-requests` with `retry_after_s`; nothing is charged then */
  charge(events: readonly OtaEvent[], at = Date.now()): void {
    if (!this.budget) return;
    for (const [org, own] of Map.groupBy(events.filter(isAskedFor), (event) => event.org)) {
      this.chargeOne(
        org,
        own.length,
        own.reduce((bytes, event) => bytes + sizeOf(event), 0),
        this.budget,
        at,
      );
    }
  }

  private chargeOne(org: string, events: number, bytes: number, budget: OrgBudget, at: number): void {
    const { events_per_minute, bytes_per_minute } = budget;
    const before = this.left.get(org) ?? { events: events_per_minute, bytes: bytes_per_minute, at };
    const share = Math.max(0, at - before.at) / MINUTE_MS;
    const now = {
      events: Math.min(events_per_minute, before.events + share * events_per_minute),
      bytes: Math.min(bytes_per_minute, before.bytes + share * bytes_per_minute),
      at,
    };
    this.left.set(org, now);
    // Whoever has anything left may take more than that once: a batch is not to wait for ever.
    if (now.events <= 0 || now.bytes <= 0) throw tooMany(org, now, budget);
    this.left.set(org, { ...now, events: now.events - events, bytes: now.bytes - bytes });
  }
}

function sizeOf({ data }: OtaEvent): number {
  return OVERHEAD_BYTES + Buffer.byteLength(JSON.stringify(data));
}

function tooMany(org: string, { events, bytes }: Left, { events_per_minute, bytes_per_minute }: OrgBudget): Refused {
  const minutes = Math.max(-events / events_per_minute, -bytes / bytes_per_minute);
  const retry_after_s = Math.max(1, Math.ceil(60 * minutes));
  return new Refused('too-many-requests', `The organization ${org} has more written in a minute than it may`, {
    retry_after_s,
  });
}
