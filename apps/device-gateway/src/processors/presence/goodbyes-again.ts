import type { EventLog } from '@edgeflow/event-log';
import type { Clock, Stop } from '@edgeflow/runtime';
import { warnSparsely } from '@edgeflow/telemetry';
import { isOutage } from '../../back-off.js';
import type { HeldLease } from '../lease/held-lease.js';
import { readLease } from '../lease/lease-record.js';
import type { LastGoodbye } from './last-goodbye.js';
import { LOG_CUT, recoverOther, recoverPresence } from './recovery.js';

/** So often it is looked whether the log may have lost goodbyes, in milliseconds; it asks the log only after the connection was lost. */
const LOOK_MS = 5_000;

/**
 * Says again the goodbyes that the log has lost with its tail (ADR 0027): a session that has ended hears of nothing any more, and its device would be
 * online until its lease is over. Also those of gateways that have given back their ids.
 */
export class GoodbyesAgain {
  private readonly stopLooking: Stop;
  private isOwed = false;
  private isLooking = false;

  /** @param isHere whether a session of this gateway is open, or has its goodbye still to write */
  constructor(
    private readonly log: EventLog,
    private readonly lease: HeldLease,
    private readonly goodbyes: LastGoodbye,
    private readonly isHere: (session_id: string) => boolean,
    private readonly clock: Clock,
  ) {
    this.stopLooking = clock.every(LOOK_MS, () => void this.look(), { ref: false });
  }

  stop(): void {
    this.stopLooking();
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      if (await this.goodbyes.isLost()) this.isOwed = true;
      if (this.isOwed) await this.sayAgain();
      this.isOwed = false;
    } catch (error) {
      if (!isOutage(error)) {
        const about = { err: error, gateway_id: this.lease.gateway_id };
        warnSparsely('goodbyes', about, 'goodbyes that the log has lost are not said again', this.clock);
      }
    } finally {
      this.isLooking = false;
    }
  }

  private async sayAgain(): Promise<void> {
    const { log, lease, goodbyes, isHere } = this;
    await recoverPresence(log, lease.gateway_id, { reason: LOG_CUT, isOurs: lease.isOurs, isHere, goodbyes });
    const leases = (await log.gatewayLeases.all()).map(readLease);
    for (const { gateway_id, position, record } of leases) {
      if (record.status !== 'released' || gateway_id === lease.gateway_id) continue;
      await recoverOther(log, { gateway_id, position }, goodbyes);
    }
  }
}
