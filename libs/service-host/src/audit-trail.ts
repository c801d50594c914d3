import { auditStream, toEvent, type DataOf, type OtaEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { counter, logger, within } from '@edgeflow/telemetry';
import { AuditBatches } from './audit-batches.js';
import type { Actor, AuditedAction } from './audited-action.js';
import { HeldDenials, type DenialLimit } from './held-denials.js';

/** How long an answer waits for its record, in milliseconds: of something that was done, and of what was refused, which is answered all the same. */
const WAIT_MS = { done: 5_000, refused: 2_000 };
/** How long a service that stops waits for its records, in milliseconds. */
const CLOSE_MS = 5_000;
const late = (ms: number): Error => new Error(`no answer within ${ms} ms`);

const lost = counter({
  name: 'edgeflow_audit_lost_total',
  help: 'Actions whose audit record was given up: the log refused it, or did not answer until the service had stopped.',
});

/** Writes who did what into the log: the audit stream of this service, in the organization of whoever did it (ADR-0015, ADR-0017). */
export class AuditTrail {
  private readonly batches: AuditBatches;
  private readonly denials: HeldDenials;

  constructor(
    private readonly log: Pick<EventLog, 'record' | 'clock' | 'ids'>,
    private readonly service: string,
    private readonly machine: Machine,
    limit?: DenialLimit,
  ) {
    this.batches = new AuditBatches(log, machine);
    this.denials = new HeldDenials(
      machine.clock,
      (denial) => void this.put(denial.actor, denial.action, denial.before),
      limit,
    );
  }

  /** False while so many records wait for the log that nothing is to be done that makes another one. */
  get takesMore(): boolean {
    return !this.batches.isFull;
  }

  /**
   * Records an action: it is in the log when this is over, or will be as soon as the log takes it.
   * @returns whether it is there; false when it is not after some seconds, or never will be, which the logs say. It never throws.
   */
  async record(actor: Actor, action: AuditedAction): Promise<boolean> {
    const isDone = action.outcome === 'succeeded';
    const isBesideRoom = !isDone && this.batches.isFull;
    if (isDenial(action) && this.denials.holds(actor, action, isBesideRoom)) return true;
    const before = this.denials.take(actor.name);
    const ms = isDone ? WAIT_MS.done : WAIT_MS.refused;
    const put = this.put(actor, action, before);
    return within(ms, put, () => late(ms), this.machine.clock).catch(() => false);
  }

  /** Writes what is held back and what waits, as far as the log takes it within some seconds. */
  close(): Promise<void> {
    this.denials.release();
    return this.batches.close(CLOSE_MS);
  }

  private async put({ org }: Actor, action: AuditedAction, suppressed: number): Promise<boolean> {
    const event = this.eventOf(org, { service: this.service, ...action, ...(suppressed > 0 && { suppressed }) });
    try {
      await this.batches.put(event);
      return true;
    } catch (error) {
      lost.inc();
      logger.error({ err: error, org, audited: event.data }, 'an action is missing in the audit trail');
      return false;
    }
  }

  private eventOf(org: string, data: DataOf<'ActionRecorded'>): OtaEvent {
    const { clock, ids } = this.log;
    // The request's id is for the client to choose, so that it cannot be the event's: a second action would be taken for the first.
    const about = { id: ids.next('evt'), source: `/${this.service}`, time: clock.now().toISOString() };
    const stream = auditStream(org, this.service);
    return { ...toEvent(stream, { type: 'ActionRecorded', data }, about), correlation_id: data.request_id };
  }
}

/** What a caller can bring about as often as it likes, without any right. */
function isDenial({ status }: AuditedAction): boolean {
  return status === 403 || status === 404 || status === 429;
}
