import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toEvent, type DataOf } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { counter, logger } from '@edgeflow/telemetry';
import { MinuteCounters } from './minute-counters.js';

/** What somebody did, before it is known what was left out before it. */
export type Deed = Omit<DataOf<'ActionRecorded'>, 'service' | 'suppressed'>;

/** Whose deed it was. */
export interface Doer {
  org: string;
  /** Distinguishes it from all others. */
  name: string;
}

/** Denials of one caller that are recorded in a minute: a trail that can be flooded hides what matters. */
const DENIALS_PER_MINUTE = 60;
/** How long an answer waits for its record, in milliseconds. */
const WAIT_MS = 2_000;

const lost = counter({
  name: 'edgeflow_audit_lost_total',
  help: 'Actions that were answered before the log had taken their audit record; it may be missing.',
});

/** Writes who did what into the log: the audit lane of this service, in the organization of whoever did it (ADR-0015). */
export class AuditTrail {
  private readonly denials = new MinuteCounters();
  /** Denials that were not recorded, by caller, since the last that was. */
  private readonly suppressed = new Map<string, number>();

  constructor(
    private readonly log: Pick<EventLog, 'record'>,
    private readonly service: string,
  ) {}

  /** Records a deed, or gives up after two seconds, with an error in the logs; it never throws. */
  async record(doer: Doer, deed: Deed): Promise<void> {
    if (isDenial(deed) && this.denials.add(doer.name).count > DENIALS_PER_MINUTE) {
      this.suppressed.set(doer.name, (this.suppressed.get(doer.name) ?? 0) + 1);
      return;
    }
    const suppressed = this.suppressed.get(doer.name);
    this.suppressed.delete(doer.name);
    const data = { service: this.service, ...deed, ...(suppressed !== undefined && { suppressed }) };
    const failure = await this.write(doer.org, data);
    if (failure === undefined) return;
    lost.inc();
    logger.error({ err: failure, org: doer.org, action: deed.action }, 'an action may be missing in the audit trail');
  }

  /** @returns what went wrong */
  private async write(org: string, data: DataOf<'ActionRecorded'>): Promise<unknown> {
    const lane = { org, entity: 'audit', entity_id: this.service } as const;
    // The request's id is for the client to choose, so that it cannot be the event's: a second deed would be taken for the first.
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    const cause = { id, source: `/${this.service}`, time: new Date().toISOString() };
    const event = { ...toEvent(lane, { type: 'ActionRecorded', data }, cause), correlation_id: data.request_id };
    const given = new AbortController();
    const late = sleep(WAIT_MS, new Error(`no answer within ${WAIT_MS} ms`), { ref: false, signal: given.signal });
    try {
      return await Promise.race([this.log.record(event).then(() => undefined), late]);
    } catch (error) {
      return error;
    } finally {
      late.catch(() => undefined);
      given.abort();
    }
  }
}

/** What a caller can bring about as often as it likes, without any right. */
function isDenial({ status }: Deed): boolean {
  return status === 403 || status === 404 || status === 429;
}
