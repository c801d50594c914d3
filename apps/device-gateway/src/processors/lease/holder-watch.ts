import { renewalOf } from './lease.rules.js';
import type { SeenLease } from './lease-record.js';

/** A holder that lives renews its lease within so many of its renewals, also when one of them comes late. */
const WATCHED_RENEWALS = 2.5;
/** By so many looks, which is what counts: a watch that was stopped itself has seen nothing. */
const LOOKS = 10;
/**
 * So many renewals show that a holder lives. One does not: a server without its quorum may store what a process wrote before it died. A second one
 * can only be written by who has seen the first.
 */
const RENEWED = 2;

/** What is known of a holder. `gone`: somebody else has written on the lease, or nobody is on it, so that it is to be looked at anew. */
export type Life = 'unknown' | 'alive' | 'dead' | 'gone';

/** Finds out, look by look, whether the holder of a lease lives. Pure. */
export class HolderWatch {
  private looks = 0;
  private renewals = 0;

  /** @param own the instance that watches: what it has written itself may show late, too */
  constructor(
    private lease: SeenLease,
    private readonly own: string,
  ) {}

  /** The lease as it was seen last. */
  get seen(): SeenLease {
    return this.lease;
  }

  /** Until the next look, in seconds. */
  get every_s(): number {
    return this.watch_s / LOOKS;
  }

  /** After so long without a renewal the holder is dead, in seconds. */
  get watch_s(): number {
    return WATCHED_RENEWALS * renewalOf(this.lease.record);
  }

  /** @param now undefined when there is no lease */
  look(now: SeenLease | undefined): Life {
    const { position, record } = this.lease;
    if (now?.position === position) return ++this.looks < LOOKS ? 'unknown' : 'dead';
    if (now?.record.status !== 'held' || now.record.holder.instance === this.own) return 'gone';
    if (now.record.holder.instance !== record.holder.instance) this.renewals = 0;
    // A server that has lost the end of what it stored shows an older word: nobody has renewed.
    else if (now.position > position) this.renewals += 1;
    this.lease = now;
    this.looks = 0;
    return this.renewals < RENEWED ? 'unknown' : 'alive';
  }

  /** The log was away: nor could the holder renew its lease. */
  forget(): void {
    this.looks = 0;
  }
}
