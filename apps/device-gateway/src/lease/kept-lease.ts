import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { logger, type Degraded } from '@edgeflow/telemetry';
import type { HeldLease } from './held-lease.js';
import { OtherGateways } from './other-gateways.js';
import { takeLease } from './take-lease.js';

/** Another process has become the gateway that this one was. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor(gatewayId: string) {
    super(
      `the lease of gateway ${gatewayId} was taken: this process did not renew it in time, being stopped or cut off from NATS, and its ` +
        'tunnels were given up; it ends, to be started anew',
    );
  }
}

/** The lease of this gateway, kept by renewals from its taking to its end. At each the leases of the others are looked at. */
export class KeptLease {
  /** Settles when the lease is lost. */
  readonly lost: Promise<void>;
  private readonly stopping = new AbortController();
  private readonly others: OtherGateways;

  private constructor(
    private readonly lease: HeldLease,
    log: EventLog,
    lease_s: number,
  ) {
    this.others = new OtherGateways(log, { gateway_id: lease.gateway_id, lease_s });
    this.lost = new Promise((resolve) => void this.keep(resolve));
  }

  /** @throws GatewayIdInUse as `takeLease` */
  static async take(log: EventLog, gatewayId: string, lease_s: number): Promise<KeptLease> {
    return new KeptLease(await takeLease(log.gatewayLeases, gatewayId, lease_s), log, lease_s);
  }

  /** True once the server has said again that the lease is ours. @throws Refused `log-unavailable` @throws LeaseLost */
  readonly isOurs = async (): Promise<boolean> => {
    const renewal = await this.lease.renew();
    if (renewal === 'missed') throw new Refused('log-unavailable');
    if (renewal === 'lost') throw new LeaseLost(this.lease.gateway_id);
    return true;
  };

  /** For `/readyz`. @throws Error with why the lease is lost, or may be */
  check(): Promise<Degraded | undefined> {
    return Promise.resolve().then(() => this.lease.check());
  }

  /** Gives the id back and ends the renewals. To be done when every tunnel has its goodbye in the log. */
  async release(): Promise<void> {
    this.drop();
    await this.lease.release();
  }

  /** Ends the renewals. Others find the lease lost, when it has run out. */
  drop(): void {
    this.stopping.abort();
  }

  private async keep(onLost: () => void): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      await sleep(this.lease.every_ms, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const renewal = await this.lease.renew();
      if (renewal === 'renewed') await this.others.look();
      else this.others.forget();
      if (renewal !== 'lost') continue;
      const { gateway_id } = this.lease;
      logger.fatal({ gateway_id }, new LeaseLost(gateway_id).message);
      return onLost();
    }
  }
}
