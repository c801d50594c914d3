import { Refused } from '@edgeflow/contracts';
import type { LogState } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { logger, within } from '@edgeflow/telemetry';
import { Deposed, RowsGone, endsLeadership, isTableGone } from './database-errors.js';
import type { FoldDatabase, FoldTransaction } from './fold-database.js';
import type { FoldPace } from './fold-pace.js';
import { Lease } from './lease.js';
import { foldLeader, foldTakeovers } from './metrics.js';

/** How long one step of a beat may take, in milliseconds. */
const STEP_MS = 2_000;
/** Who is asked in a beat, as it is refused when it does not answer. */
const CODES = { 'the log': 'log-unavailable', PostgreSQL: 'database-unavailable' } as const;

/**
 * One leader among replicas, by a lease in PostgreSQL (ADR 0026). It is renewed only by who gets on: who is frozen, or does not reach the
 * log or PostgreSQL, loses it. Each term has a number that is checked in every transaction, so that a leader which does not know
 * yet that it was replaced writes nothing.
 */
export class Leadership {
  private readonly lease: Lease;
  private held: { term: number; until: number } | undefined;

  /** @param ask what the log holds; throws when it does not answer: who does not reach it cannot lead */
  constructor(
    database: FoldDatabase,
    private readonly name: string,
    private readonly ask: () => Promise<LogState>,
    private readonly machine: Machine,
    private readonly pace: FoldPace,
  ) {
    this.lease = new Lease(database, machine.entropy, pace.lease_ms);
  }

  /** True while the lease holds, by this machine's steady clock: also the first moment after it was frozen knows that it does not. */
  get leads(): boolean {
    return this.held !== undefined && this.machine.clock.steady_ms() < this.held.until;
  }

  /** Waits until this process is the leader. @returns false when `signal` ended the wait @throws RowsGone when there are no tables */
  async acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      try {
        await this.inTime('the log', this.ask());
        if (await this.inTime('PostgreSQL', this.take())) return true;
      } catch (error) {
        if (isTableGone(error)) throw new RowsGone('there are no tables', { cause: error });
      }
      await this.machine.clock.sleep(this.pace.beat_ms, { signal });
    }
    return false;
  }

  /**
   * Renews the lease until `signal` fires.
   * @param check what a leader looks at in each beat, with what the log held just before; who cannot lets the lease run out
   * @throws what ends a leadership, at once; anything else when the lease has run out since
   */
  async keep(signal: AbortSignal, check: (log: LogState) => Promise<void>): Promise<void> {
    for (;;) {
      await this.machine.clock.sleep(this.pace.beat_ms, { signal });
      if (signal.aborted) return;
      try {
        const log = await this.inTime('the log', this.ask());
        await this.inTime('PostgreSQL', check(log));
        await this.renew();
      } catch (error) {
        if (endsLeadership(error) || !this.leads) throw error;
      }
    }
  }

  /** In a transaction, last before its commit. @throws Deposed when another one leads */
  async fence(tx: FoldTransaction): Promise<void> {
    if (!this.held || !(await this.lease.holds(this.held.term, tx))) throw new Deposed();
  }

  async release(): Promise<void> {
    const { held } = this;
    this.held = undefined;
    foldLeader.set({ fold: this.name }, 0);
    if (held) await this.inTime('PostgreSQL', this.lease.give(held.term)).catch(() => undefined);
  }

  /** Why nobody folds; undefined while somebody does. */
  async vacancy(): Promise<string | undefined> {
    const found = await this.lease.look();
    if (!found || found.holder === '' || found.over_s < 0) return undefined;
    return `nobody folds: its leader has not been heard of for ${Math.round(found.over_s + this.pace.lease_ms / 1000)} s`;
  }

  private async take(): Promise<boolean> {
    const began = this.machine.clock.steady_ms();
    const taken = await this.lease.take();
    if (!taken) return false;
    this.held = { term: taken.term, until: began + this.pace.lease_ms };
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
    const began = this.machine.clock.steady_ms();
    const { term } = this.held;
    if (!(await this.inTime('PostgreSQL', this.lease.renew(term)))) throw new Deposed();
    this.held = { term, until: began + this.pace.lease_ms };
  }

  /** One step of a beat. @throws Refused when `whom` does not answer in time */
  private inTime<T>(whom: keyof typeof CODES, step: Promise<T>): Promise<T> {
    const late = `${whom} has not answered for ${STEP_MS / 1000} s`;
    return within(STEP_MS, step, () => new Refused(CODES[whom], late), this.machine.clock);
  }
}
