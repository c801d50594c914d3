import { hostname } from 'node:os';
import type { Entropy } from '@edgeflow/runtime';
import type { FoldDatabase, FoldTransaction, LeaseState, Leases } from './fold-database.js';

/** A taken lease. */
export interface TakenLease {
  term: number;
  /** Whose lease ran out; undefined when nobody's did. */
  from: LeaseState | undefined;
}

/** The lease of one fold, as one replica sees it. */
export class Lease {
  private readonly holder: string;
  private readonly leases: Leases;
  /** No lease is taken for longer, in milliseconds: one that ends later is of another hand, or of a time when PostgreSQL's clock was ahead. */
  private readonly longest_ms: number;

  /** @param lease_ms see `FoldPace` */
  constructor(
    { leases }: Pick<FoldDatabase, 'leases'>,
    entropy: Entropy,
    private readonly lease_ms: number,
  ) {
    this.holder = `${hostname()}/${process.pid}/${entropy.bytes(4, 'lease-holder').toString('hex')}`;
    this.leases = leases;
    this.longest_ms = 2 * lease_ms;
  }

  /** Takes the lease when it is nobody's, has run out, ends too late to be one, or is this replica's own. @returns undefined while another one holds it */
  async take(): Promise<TakenLease | undefined> {
    const found = await this.look();
    const isOver = !found || found.over_s >= 0 || found.over_s * 1_000 < -this.longest_ms;
    if (!isOver && !['', this.holder].includes(found.holder)) return undefined;
    const term = await this.leases.take(this.holder, this.lease_ms, this.longest_ms);
    const ranOut = found && found.holder !== '' && found.holder !== this.holder ? found : undefined;
    return term === undefined ? undefined : { term, from: ranOut };
  }

  /** Renews the lease. @returns false when another one has it, or it is gone */
  renew(term: number): Promise<boolean> {
    return this.leases.renew({ holder: this.holder, term }, this.lease_ms);
  }

  /** Gives the lease up, so that nobody has to wait until it runs out. */
  give(term: number): Promise<void> {
    return this.leases.give({ holder: this.holder, term });
  }

  /** The fence: true when the lease is still of this term. Whoever would take it waits until the transaction has ended. */
  holds(term: number, tx: FoldTransaction): Promise<boolean> {
    return tx.holdsLease({ holder: this.holder, term });
  }

  /** Undefined when nobody ever held it. */
  look(): Promise<LeaseState | undefined> {
    return this.leases.look();
  }
}
