import { renewalOf } from './lease.rules.js';
import type { SeenLease } from './lease-record.js';

/** A lease that has not moved for so many looks. */
interface Still {
  position: number;
  looks: number;
}

/**
 * Finds the gateways whose leases run out, by what one gateway sees of them each time that its own was renewed: no clock of another machine
 * counts, and no time in which the log was away, or in which the one who looks was. Pure.
 */
export class LostGateways {
  private still = new Map<string, Still>();
  private readonly every_s: number;

  /** @param lease_s of the gateway that looks, in seconds: it looks at each renewal */
  constructor(lease_s: number) {
    this.every_s = renewalOf({ lease_s });
  }

  /** @returns those that were not renewed for as long as they last; again after as long */
  look(leases: readonly SeenLease[]): SeenLease[] {
    const before = this.still;
    this.still = new Map();
    return leases.filter((lease) => this.hasRunOut(lease, before.get(lease.gateway_id)));
  }

  /** Begins anew: the log was away, and others could not renew either. */
  forget(): void {
    this.still = new Map();
  }

  private hasRunOut({ gateway_id, position, record }: SeenLease, before: Still | undefined): boolean {
    if (record.status === 'released') return false;
    const looks = before?.position === position ? before.looks + 1 : 0;
    const hasRunOut = looks * this.every_s >= record.lease_s;
    this.still.set(gateway_id, { position, looks: hasRunOut ? 0 : looks });
    return hasRunOut;
  }
}
