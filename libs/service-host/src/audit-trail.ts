import { auditStream, toEvent, type DataOf } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import { counter, logger, within } from '@edgeflow/telemetry';
import { WindowCounters } from './window-counters.js';

/** What somebody did, before it is known what was left out before it. */
export type AuditedAction = Omit<DataOf<'ActionRecorded'>, 'service' | 'suppressed'>;

/** Whose action it was. */
export interface Actor {
  org: string;
  /** Distinguishes it from all others. */
  name: string;
}

/** How many denials of one caller are recorded in a window. */
export interface DenialLimit {
  denials: number;
  window_ms: number;
}

/** A trail that can be flooded hides what matters. */
const DENIAL_LIMIT: DenialLimit = { denials: 60, window_ms: 60_000 };
/** How long an answer waits for its record, in milliseconds. */
const WAIT_MS = 2_000;
const late = (): Error => new Error(`no answer within ${WAIT_MS} ms`);

const lost = counter({
  name: 'edgeflow_audit_lost_total',
  help: 'Actions that were answered before the log had taken their audit record; it may be missing.',
});

/** Writes who did what into the log: the audit stream of this service, in the organization of whoever did it (ADR-0015). */
export class AuditTrail {
  private readonly denials: WindowCounters;
  /** The last denial of each caller that was not recorded, and how many there were. */
  private readonly held = new Map<string, { actor: Actor; action: AuditedAction; count: number }>();

  constructor(
    private readonly log: Pick<EventLog, 'record' | 'clock' | 'ids'>,
    private readonly service: string,
    private readonly clock: Clock,
    private readonly limit: DenialLimit = DENIAL_LIMIT,
  ) {
    this.denials = new WindowCounters(clock, limit.window_ms);
  }

  /** Records an action, or gives up after two seconds, with an error in the logs; it never throws. */
  async record(actor: Actor, action: AuditedAction): Promise<void> {
    if (isDenial(action)) {
      const { count, resets_in_ms } = this.denials.add(actor.name);
      if (count > this.limit.denials) return this.hold(actor, action, resets_in_ms);
    }
    const suppressed = this.held.get(actor.name)?.count ?? 0;
    this.held.delete(actor.name);
    await this.put(actor, action, suppressed);
  }

  private hold(actor: Actor, action: AuditedAction, until_ms: number): void {
    if (this.held.size === 0) this.clock.after(until_ms, () => this.release(), { ref: false });
    this.held.set(actor.name, { actor, action, count: (this.held.get(actor.name)?.count ?? 0) + 1 });
  }

  /** Records the last of each caller's denials that were held back, and how many came before it. */
  private release(): void {
    const held = [...this.held.values()];
    this.held.clear();
    for (const { actor, action, count } of held) void this.put(actor, action, count - 1);
  }

  private async put({ org }: Actor, action: AuditedAction, suppressed: number): Promise<void> {
    const failure = await this.write(org, { service: this.service, ...action, ...(suppressed > 0 && { suppressed }) });
    if (failure === undefined) return;
    lost.inc();
    logger.error({ err: failure, org, action: action.action }, 'an action may be missing in the audit trail');
  }

  /** @returns what went wrong */
  private async write(org: string, data: DataOf<'ActionRecorded'>): Promise<unknown> {
    const stream = auditStream(org, this.service);
    const { clock, ids } = this.log;
    // The request's id is for the client to choose, so that it cannot be the event's: a second action would be taken for the first.
    const about = { id: ids.next('evt'), source: `/${this.service}`, time: clock.now().toISOString() };
    const event = { ...toEvent(stream, { type: 'ActionRecorded', data }, about), correlation_id: data.request_id };
    try {
      await within(WAIT_MS, this.log.record(event), late, this.clock);
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

/** What a caller can bring about as often as it likes, without any right. */
function isDenial({ status }: AuditedAction): boolean {
  return status === 403 || status === 404 || status === 429;
}
