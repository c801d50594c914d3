import { Refused, messageOf } from '@edgeflow/contracts';
import { Conflict, DECISIONS_MAX, type GatewayLeases } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import { Degraded, logger } from '@edgeflow/telemetry';
import { isOutage } from '../../back-off.js';
import { leaseHeld, leaseRenewals } from '../../gateway.metrics.js';
import { isStillOurs, RELEASED_S, renewalOf } from './lease.rules.js';
import { encodeLease, readLease, type LeaseRecord } from './lease-record.js';
import type { OtherGateways } from './other-gateways.js';
import { Stopwatch } from './stopwatch.js';

/** What came of a renewal. `missed`: the log is away, and the lease may be ours still. */
export type Renewal = 'renewed' | 'missed' | 'lost';

/** Another process has become the gateway that this one was. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor(gatewayId: string) {
    super(
      `the lease of gateway ${gatewayId} was taken: this process did not renew it in time, being stopped or cut off from NATS, and its ` +
        'tunnels were given up; it ends, to be started anew',
    );
  }
}

/** The lease of the id that this process holds. Whoever loses it is that gateway no more, and learns so at its next renewal. */
export class HeldLease {
  private readonly silence: Stopwatch;
  private readonly stopping = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();
  private isLost = false;
  private missedFor: string | undefined;

  /**
   * @param position where the word stands by which the lease was taken
   * @param isClean the one before was given back: its tunnels have their goodbyes
   */
  constructor(
    private readonly leases: GatewayLeases,
    readonly gateway_id: string,
    private readonly record: LeaseRecord,
    private position: number,
    private readonly clock: Clock,
    readonly isClean = false,
  ) {
    this.silence = new Stopwatch(clock);
    leaseHeld.set(1);
  }

  /** Renews the lease from now on; at each renewal the leases of the others are looked at. @returns settles when the lease is lost */
  keep(others: OtherGateways): Promise<void> {
    return new Promise((resolve) => void this.renewAgain(others, resolve));
  }

  /** True once the server has said again that the lease is ours. @throws Refused `log-unavailable` @throws LeaseLost */
  readonly isOurs = async (): Promise<boolean> => {
    const renewal = await this.renew();
    if (renewal === 'missed') throw new Refused('log-unavailable');
    if (renewal === 'lost') throw new LeaseLost(this.gateway_id);
    return true;
  };

  /** Says once more that we are there. One after the other; never throws. */
  renew(): Promise<Renewal> {
    return this.inTurn(async () => {
      const renewal = await this.attempt();
      leaseRenewals.inc({ outcome: renewal });
      return renewal;
    });
  }

  /** Ends the renewals. Others find the lease lost, when it has run out. */
  drop(): void {
    this.stopping.abort();
  }

  /** Gives the id back, for whoever wants it next, and ends the renewals. To be done when every session has its goodbye in the log. */
  release(): Promise<void> {
    this.drop();
    return this.inTurn(async () => {
      if (this.isLost) return;
      const after = { after: this.position, ttl_s: RELEASED_S };
      const released = encodeLease({ ...this.record, status: 'released' });
      await this.leases.write(this.gateway_id, released, after).catch((error: unknown) => {
        logger.warn({ err: error, gateway_id: this.gateway_id }, 'the lease of this gateway was not released');
      });
      leaseHeld.set(0);
    });
  }

  /** For `/readyz`. @throws Error when the lease is lost, or may be by now */
  check(): Degraded | undefined {
    const { gateway_id, missedFor, record } = this;
    if (this.isLost) throw new Error(`the lease of gateway ${gateway_id} was taken from this process, which ends`);
    if (missedFor === undefined) return undefined;
    const silent_s = this.silence.elapsed_s();
    const reason = `the lease of gateway ${gateway_id} was not renewed for ${Math.floor(silent_s)} s: ${missedFor}`;
    if (silent_s >= record.lease_s) throw new Error(reason);
    return new Degraded(reason);
  }

  private async renewAgain(others: OtherGateways, onLost: () => void): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      await this.clock.sleep(renewalOf(this.record) * 1000, { signal, ref: false });
      if (signal.aborted) return;
      const renewal = await this.renew();
      if (renewal === 'renewed') await others.look();
      else others.forget();
      if (renewal !== 'lost') continue;
      logger.fatal({ gateway_id: this.gateway_id }, new LeaseLost(this.gateway_id).message);
      return onLost();
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async attempt(): Promise<Renewal> {
    if (this.isLost) return 'lost';
    try {
      if (!(await this.isRenewed())) return this.lose();
    } catch (error) {
      return this.miss(error);
    }
    if (this.missedFor !== undefined) logger.info({ gateway_id: this.gateway_id }, 'the lease is renewed again');
    this.missedFor = undefined;
    this.silence.restart();
    return 'renewed';
  }

  /** @returns false when the id is somebody else's @throws Refused for an outage */
  private async isRenewed(): Promise<boolean> {
    const { leases, gateway_id, record } = this;
    for (let n = 1; n <= DECISIONS_MAX; n++) {
      try {
        this.position = await leases.write(gateway_id, encodeLease(record), { after: this.position });
        return true;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      const found = await leases.find(gateway_id);
      const now = found && readLease(found).record;
      if (!isStillOurs(now, record.holder.instance, this.silence.elapsed_s())) return false;
      this.position = found?.position ?? 0;
    }
    throw new Refused('log-unavailable');
  }

  private lose(): Renewal {
    this.isLost = true;
    leaseHeld.set(0);
    return 'lost';
  }

  private miss(error: unknown): Renewal {
    const isFirst = this.missedFor === undefined;
    this.missedFor = messageOf(error);
    const about = { err: error, gateway_id: this.gateway_id };
    if (isFirst && isOutage(error)) logger.warn(about, 'the lease was not renewed; it is tried again and again');
    else if (isFirst) logger.error(about, 'the lease cannot be renewed');
    return 'missed';
  }
}
