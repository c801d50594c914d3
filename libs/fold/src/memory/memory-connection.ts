import { STATEMENT_MS, IDLE_IN_TRANSACTION_MS } from '../connection-options.js';
import { MemoryError } from './memory-error.js';
import { ConnectionLost, type MemoryClock, type MemoryFaults, type MemoryStatement } from './memory-faults.js';
import type { Asked } from './memory-rows.js';
import type { MemoryTransaction } from './memory-transaction.js';

/** Who asks. */
export interface MemoryClient {
  name: string;
  /** Of the machine that it runs on. */
  clock: MemoryClock;
  faults: MemoryFaults;
}

/** Statements that a transaction takes although one before was refused. */
const ENDS = ['COMMIT', 'ROLLBACK'];

/**
 * A connection with one transaction. Statements are sent as they are asked for, done in that order, and answered in it. The client gives up
 * what is not answered in time, and the server a transaction in which nothing happens (`connectionOptions`).
 */
export class MemoryConnection {
  private done: Promise<unknown> = Promise.resolve();
  private answered: Promise<unknown> = Promise.resolve();
  private lost: Error | undefined;
  /** Rejects when the client hears that the connection is gone. */
  private readonly gone = Promise.withResolvers<never>();
  private isRefused = false;
  private isDead = false;
  private stopIdle: (() => void) | undefined;

  constructor(
    private readonly client: MemoryClient,
    private readonly server: { clock: MemoryClock },
    readonly tx: MemoryTransaction,
  ) {
    this.gone.promise.catch(() => undefined); // It may be heard of by nobody.
  }

  async do<T>(asked: Asked, work: (tx: MemoryTransaction) => Promise<T>): Promise<T> {
    const { faults, clock, name } = this.client;
    const statement: MemoryStatement = { ...asked, client: name };
    if (this.isDead) return never();
    if (this.lost) throw this.lost;
    const arrived = arriving(faults, statement);
    const done = this.done.then(() => this.perform(statement, arrived, work));
    this.done = done.catch((error: unknown) => this.failed(error));
    const answer = this.answer(statement, done, this.answered);
    this.answered = answer.catch(() => undefined);
    const late = `Connection terminated: PostgreSQL has not answered for ${STATEMENT_MS / 1000} s`;
    const stop = clock.after(STATEMENT_MS, () => this.failed(new ConnectionLost(true, late)));
    return Promise.race([answer, this.gone.promise]).finally(stop);
  }

  /** The client has done with it. */
  close(): void {
    if (!this.lost) this.tx.rollback();
    if (this.tx.isOver) this.stopIdle?.();
  }

  /** The client's process is gone or stands still: nothing is answered any more. @param noticed whether the server knows that at once */
  die(noticed: boolean): void {
    this.isDead = true;
    if (noticed) this.tx.rollback();
    else this.limitIdle();
  }

  private async perform<T>(
    { kind }: MemoryStatement,
    arrived: Promise<void>,
    work: (tx: MemoryTransaction) => Promise<T>,
  ): Promise<T> {
    await arrived;
    if (this.isDead) return never();
    if (this.lost) throw this.lost;
    if (this.isRefused && !ENDS.includes(kind)) {
      throw new MemoryError('25P02', 'current transaction is aborted, commands ignored until end of transaction block');
    }
    this.stopIdle?.();
    try {
      return await work(this.tx);
    } finally {
      if (!this.tx.isOver) this.limitIdle();
    }
  }

  /** What was refused is never committed. */
  commit(): void {
    if (this.isRefused) this.tx.rollback();
    else this.tx.commit();
  }

  private async answer<T>(statement: MemoryStatement, done: Promise<T>, before: Promise<unknown>): Promise<T> {
    const result = await done;
    await before;
    try {
      await this.client.faults.after?.(statement);
    } catch (error) {
      this.failed(error);
      throw error;
    }
    return this.isDead ? never() : result;
  }

  private failed(error: unknown): void {
    if (error instanceof MemoryError) {
      this.isRefused = true;
      return;
    }
    this.lost ??= error instanceof Error ? error : new ConnectionLost();
    this.gone.reject(this.lost);
    const isNoticed = !(error instanceof ConnectionLost) || error.noticed;
    if (isNoticed) this.tx.rollback();
    else this.limitIdle();
  }

  private limitIdle(): void {
    this.stopIdle?.();
    this.stopIdle = this.server.clock.after(IDLE_IN_TRANSACTION_MS, () => {
      this.lost ??= new MemoryError('25P03', 'terminating connection due to idle-in-transaction timeout');
      this.tx.rollback();
    });
  }
}

function arriving(faults: MemoryFaults, statement: MemoryStatement): Promise<void> {
  const arrived = Promise.resolve(faults.before?.(statement));
  arrived.catch(() => undefined); // It is heard of in its turn.
  return arrived;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
