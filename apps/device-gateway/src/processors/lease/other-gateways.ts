import { Conflict, type EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import { errorSparsely, logger, warnSparsely } from '@edgeflow/telemetry';
import { isOutage } from '../../back-off.js';
import { lostGateways } from '../../gateway.metrics.js';
import type { LastGoodbye } from '../presence/last-goodbye.js';
import { recoverOther } from '../presence/recovery.js';
import { RELEASED_S } from './lease.rules.js';
import { encodeLease, readLease, type SeenLease } from './lease-record.js';
import { LostGateways } from './lost-gateways.js';

/** Watches the leases of the other gateways, and says goodbye for the tunnels of those that are lost. */
export class OtherGateways {
  private readonly lost: LostGateways;
  /** Whose goodbyes are being said. */
  private readonly underWay = new Set<string>();

  /** @param own the id and the lease, in seconds, of the gateway that watches */
  constructor(
    private readonly log: EventLog,
    private readonly own: { gateway_id: string; lease_s: number },
    private readonly goodbyes: LastGoodbye,
    private readonly clock: Clock,
  ) {
    this.lost = new LostGateways(own.lease_s);
  }

  /** To be called when the own lease was renewed. Never throws; goodbyes are said meanwhile. */
  async look(): Promise<void> {
    try {
      const leases = (await this.log.gatewayLeases.all()).map(readLease);
      const others = leases.filter(({ gateway_id }) => gateway_id !== this.own.gateway_id);
      for (const lease of this.lost.look(others)) void this.end(lease);
    } catch (error) {
      this.forget();
      if (!isOutage(error))
        errorSparsely('leases', { err: error }, 'the leases of other gateways cannot be seen', this.clock);
    }
  }

  /** To be called when the own lease could not be renewed. */
  forget(): void {
    this.lost.forget();
  }

  /**
   * The lease is taken away first, which the server refuses when its holder has just renewed it: so no goodbye is said for a gateway that
   * reaches the log. What fails here is done again, by whichever gateway looks, when the lease has stood still for as long again.
   */
  private async end({ gateway_id, position: after, record }: SeenLease): Promise<void> {
    if (this.underWay.has(gateway_id)) return;
    this.underWay.add(gateway_id);
    const about = { gateway_id, holder: record.holder };
    try {
      const { gatewayLeases: leases } = this.log;
      const position = await leases.write(gateway_id, encodeLease({ ...record, status: 'lost' }), { after });
      logger.warn({ ...about, lease_s: record.lease_s }, 'a gateway is lost: its lease has run out');
      lostGateways.inc();
      await recoverOther(this.log, { gateway_id, position }, this.goodbyes);
      const released = encodeLease({ ...record, status: 'released' });
      await leases.write(gateway_id, released, { after: position, ttl_s: RELEASED_S });
    } catch (error) {
      if (error instanceof Conflict) return;
      warnSparsely(
        gateway_id,
        { ...about, err: error },
        'the goodbyes of a lost gateway are not all in the log',
        this.clock,
      );
    } finally {
      this.underWay.delete(gateway_id);
    }
  }
}
