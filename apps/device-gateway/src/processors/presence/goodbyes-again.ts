import type { EventLog } from '@edgeflow/event-log';
import type { Clock, Stop } from '@edgeflow/runtime';
import { warnSparsely } from '@edgeflow/telemetry';
import { isOutage } from '../../back-off.js';
import type { HeldLease } from '../lease/held-lease.js';
import { readLease } from '../lease/lease-record.js';
import { logUnavailable } from '../../session/ending.js';
import type { Sessions } from '../../session/sessions.js';
import type { LastGoodbye } from './last-goodbye.js';
import { LOG_CUT, presenceOf, recoverOther, recoverPresence, type Recovery } from './recovery.js';

/** So often it is looked whether goodbyes may be missing, in milliseconds; it asks the log only after the connection was lost, or did not answer a hello. */
const LOOK_MS = 5_000;

/**
 * Says again the goodbyes that the log has lost with its tail (ADR 0027): a session that has ended hears of nothing any more, and its device would be
 * online until its lease is over. Also those of gateways that have given back their ids. And says those of devices that were sent away since the log did
 * not answer, and that it has as connected all the same.
 */
export class GoodbyesAgain {
  private readonly stopLooking: Stop;
  private isOwed = false;
  private isLooking = false;

  constructor(
    private readonly log: EventLog,
    private readonly lease: HeldLease,
    private readonly goodbyes: LastGoodbye,
    private readonly sessions: Pick<Sessions, 'has' | 'unanswered'>,
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
      await this.sayUnanswered();
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
    const { log, lease, goodbyes } = this;
    await this.recover({ reason: LOG_CUT });
    const leases = (await log.gatewayLeases.all()).map(readLease);
    for (const { gateway_id, position, record } of leases) {
      if (record.status !== 'released' || gateway_id === lease.gateway_id) continue;
      await recoverOther(log, { gateway_id, position }, goodbyes);
    }
  }

  private async sayUnanswered(): Promise<void> {
    const { unanswered } = this.sessions;
    const due = unanswered.due();
    if (due.length === 0) return;
    const devices = due.map(({ device }) => device);
    await this.recover({ reason: logUnavailable.reason, newest: presenceOf(this.log, devices) });
    unanswered.looked(due);
  }

  private recover(how: Pick<Recovery, 'reason' | 'newest'>): Promise<number> {
    const { log, lease, goodbyes, sessions } = this;
    const isHere = (session_id: string): boolean => sessions.has(session_id);
    return recoverPresence(log, lease.gateway_id, { ...how, isOurs: lease.isOurs, isHere, goodbyes });
  }
}
