import { randomUUID } from 'node:crypto';
import { toEvent, type DataOf } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { counter, logger, within } from '@edgeflow/telemetry';
import { WindowCounters } from './window-counters.js';

/** What somebody did, before it is known what was left out before it. */
export type Deed = Omit<DataOf<'ActionRecorded'>, 'service' | 'suppressed'>;

/** Whose deed it was. */
export interface Doer {
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

const lost = counter({
  name: 'edgeflow_audit_lost_total',
  help: 'Actions that were answered before the log had taken their audit record; it may be missing.',
});

/** Writes who did what into the log: the audit lane of this service, in the organization of whoever did it (ADR-0015). */
export class AuditTrail {
  private readonly denials: WindowCounters;
  /** The last denial of each caller that was not recorded, and how many there were. */
  private readonly held = new Map<string, { doer: Doer; deed: Deed; count: number }>();

  constructor(
    private readonly log: Pick<EventLog, 'record' | 'clock'>,
    private readonly service: string,
    private readonly limit: DenialLimit = DENIAL_LIMIT,
  ) {
    this.denials = new WindowCounters(limit.window_ms);
  }

  /** Records a deed, or gives up after two seconds, with an error in the logs; it never throws. */
  async record(doer: Doer, deed: Deed): Promise<void> {
    if (isDenial(deed)) {
      const { count, resets_in_ms } = this.denials.add(doer.name);
      if (count > this.limit.denials) return this.hold(doer, deed, resets_in_ms);
    }
    const suppressed = this.held.get(doer.name)?.count ?? 0;
    this.held.delete(doer.name);
    await this.put(doer, deed, suppressed);
  }

  private hold(doer: Doer, deed: Deed, until_ms: number): void {
    if (this.held.size === 0) setTimeout(() => this.release(), until_ms).unref();
    this.held.set(doer.name, { doer, deed, count: (this.held.get(doer.name)?.count ?? 0) + 1 });
  }

  /** Records the last of each caller's denials that were held back, and how many came before it. */
  private release(): void {
    const held = [...this.held.values()];
    this.held.clear();
    for (const { doer, deed, count } of held) void this.put(doer, deed, count - 1);
  }

  private async put({ org }: Doer, deed: Deed, suppressed: number): Promise<void> {
    const failure = await this.write(org, { service: this.service, ...deed, ...(suppressed > 0 && { suppressed }) });
    if (failure === undefined) return;
    lost.inc();
    logger.error({ err: failure, org, action: deed.action }, 'an action may be missing in the audit trail');
  }

  /** @returns what went wrong */
  private async write(org: string, data: DataOf<'ActionRecorded'>): Promise<unknown> {
    const lane = { org, entity: 'audit', entity_id: this.service } as const;
    // The request's id is for the client to choose, so that it cannot be the event's: a second deed would be taken for the first.
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    const cause = { id, source: `/${this.service}`, time: this.log.clock.now().toISOString() };
    const event = { ...toEvent(lane, { type: 'ActionRecorded', data }, cause), correlation_id: data.request_id };
    try {
      await within(WAIT_MS, this.log.record(event), () => new Error(`no answer within ${WAIT_MS} ms`));
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

/** What a caller can bring about as often as it likes, without any right. */
function isDenial({ status }: Deed): boolean {
  return status === 403 || status === 404 || status === 429;
}
