import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { logger, within } from '@edgeflow/telemetry';
import { Deposed, RowsGone, endsLeadership, isTableGone } from './database-errors.js';
import { Lease } from './lease.js';
import { foldLeader, foldTakeovers } from './metrics.js';

/** How long a lease holds that is not renewed, in milliseconds: a standby takes over so long after the leader's last step. */
const LEASE_MS = 6_000;
/** How often a standby asks for the lease and the leader renews it, in milliseconds. */
const BEAT_MS = 1_000;
/** How long one step of a beat may take, in milliseconds. */
const STEP_MS = 2_000;

/**
 * One leader among replicas, by a lease in PostgreSQL (ADR 0026). It is renewed only by who gets on: who is frozen, or does not reach the
 * log or PostgreSQL, loses it. Each term has a number that is checked in every transaction, so that a leader which does not know
 * yet that it was replaced writes nothing.
 */
export class Leadership {
  private readonly lease: Lease;
  private held: { term: number; until: number } | undefined;

  /** @param ping throws when the log does not answer: who does not reach it cannot lead */
  constructor(
    database: DataSource,
    private readonly name: string,
    private readonly ping: () => Promise<void>,
  ) {
    const holder = `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
    this.lease = new Lease(database, name, holder, LEASE_MS);
  }

  /** True while the lease holds, by this machine's steady clock: also the first moment after it was frozen knows that it does not. */
  get leads(): boolean {
    return this.held !== undefined && performance.now() < this.held.until;
  }

  /** Waits until this process is the leader. @returns false when `signal` ended the wait @throws RowsGone when there are no tables */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      try {
        await inTime('the log', this.ping());
        if (await inTime('PostgreSQL', this.take())) return true;
      } catch (error) {
        if (isTableGone(error)) throw new RowsGone('there are no tables', { cause: error });
      }
      await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  /**
   * Renews the lease until `signal` fires.
   * @param check what a leader looks at in each beat; who cannot lets the lease run out
   * @throws what ends a leadership, at once; anything else when the lease has run out since
   */
  async keep(signal: AbortSignal, check: () => Promise<void>): Promise<void> {
    for (;;) {
      await sleep(BEAT_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await inTime('the log', this.ping());
        await inTime('PostgreSQL', check());
        await this.renew();
      } catch (error) {
        if (endsLeadership(error) || !this.leads) throw error;
      }
    }
  }

  /** In a transaction, last before its commit. @throws Deposed when another one leads */
  async fence(tx: EntityManager): Promise<void> {
    if (!this.held || !(await this.lease.holds(this.held.term, tx))) throw new Deposed();
  }

  async release(): Promise<void> {
    const { held } = this;
    this.held = undefined;
    foldLeader.set({ fold: this.name }, 0);
    if (held) await inTime('PostgreSQL', this.lease.give(held.term)).catch(() => undefined);
  }

  /** Why nobody folds; undefined while somebody does. */
  async vacancy(): Promise<string | undefined> {
    const found = await this.lease.look();
    if (!found || found.holder === '' || found.over_s < 0) return undefined;
    return `nobody folds: its leader has not been heard of for ${Math.round(found.over_s + LEASE_MS / 1000)} s`;
  }

  private async take(): Promise<boolean> {
    const began = performance.now();
    const taken = await this.lease.take();
    if (!taken) return false;
    this.held = { term: taken.term, until: began + LEASE_MS };
    foldLeader.set({ fold: this.name }, 1);
    const { holder, over_s } = taken.from ?? {};
    if (holder !== undefined) {
      foldTakeovers.inc({ fold: this.name });
      logger.warn(
        { fold: this.name, from: holder, over_s },
        'the leader has not renewed its lease; this replica takes over',
      );
    }
    return true;
  }

  private async renew(): Promise<void> {
    if (!this.held) throw new Deposed();
    const began = performance.now();
    const { term } = this.held;
    if (!(await inTime('PostgreSQL', this.lease.renew(term)))) throw new Deposed();
    this.held = { term, until: began + LEASE_MS };
  }
}

/** One step of a beat. @param whose as the error says it */
function inTime<T>(whose: string, step: Promise<T>): Promise<T> {
  return within(STEP_MS, step, () => new Error(`${whose} has not answered for ${STEP_MS / 1000} s`));
}
