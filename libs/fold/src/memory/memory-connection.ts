import { STATEMENT_MS, IDLE_IN_TRANSACTION_MS } from '../connection-options.js';
import { MemoryError } from './memory-error.js';
import { ConnectionLost, type MemoryClock, type MemoryFaults, type MemoryStatement } from './memory-faults.js';
import type { Asked } from './memory-rows.js';
import type { MemoryTransaction } from './memory-transaction.js';
import type { Soon } from './soon.js';

/** Who asks. */
export interface MemoryClient {
  name: string;
  /** Of the machine that it runs on. */
  clock: MemoryClock;
  faults: MemoryFaults;
}

/** Statements that a transaction takes although one before was refused. */
const ENDS = ['COMMIT', 'ROLLBACK'];
const LATE = `Connection terminated: PostgreSQL has not answered for ${STATEMENT_MS / 1000} s`;

/** Does a statement at the server. */
type Work<T> = (tx: MemoryTransaction) => Soon<T>;

/**
 * A connection with one transaction. Statements are sent as they are asked for, done in that order, and answered in it. The client gives up
 * what is not answered in time, and the server a transaction in which nothing happens (`connectionOptions`).
 */
export class MemoryConnection {
  /** Statements that are not answered yet. */
  private open = 0;
  /** Of the newest statement: that it is done, and that it is answered. */
  private done: Promise<unknown> = Promise.resolve();
  private answered: Promise<unknown> = Promise.resolve();
  private lost: Error | undefined;
  /** Rejects when the client hears that the connection is gone. */
  private readonly gone = Promise.withResolvers<never>();
  private isRefused = false;
  private isDead = false;
  /** Since when nothing has happened in the transaction; undefined while something does. */
  private idle_since: number | undefined;
  private stopIdle: (() => void) | undefined;

  constructor(
    private readonly client: MemoryClient,
    private readonly server: { clock: MemoryClock },
    readonly tx: MemoryTransaction,
  ) {
    this.gone.promise.catch(() => undefined); // It may be heard of by nobody.
  }

  do<T>(asked: Asked, work: Work<T>): Promise<T> {
    if (this.isDead) return never();
    if (this.lost) return Promise.reject(this.lost);
    const statement: MemoryStatement = { ...asked, client: this.client.name };
    const arrived = this.client.faults.before?.(statement);
    const isFree = arrived === undefined && this.open === 0;
    this.open += 1;
    const answer = isFree ? this.atOnce(statement, work) : this.inTurn(statement, arrived, work);
    this.answered = answer;
    return answer;
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

  /** What was refused is never committed. */
  commit(): void {
    if (this.isRefused) this.tx.rollback();
    else this.tx.commit();
  }

  /**
   * Nothing is in its way, as mostly: it is done now, and answered as soon as it is. It needs no turn; and a limit only where it has to wait after
   * all, for a lock or for its answer. While it waits for a lock, the end of the connection is the end of that wait.
   */
  private atOnce<T>(statement: MemoryStatement, work: Work<T>): Promise<T> {
    let stop: (() => void) | undefined;
    const limit = (): void => void (stop ??= this.limitAnswer());
    const over = (): void => this.over(stop);
    this.tx.waiting = limit;
    try {
      const result = this.perform(statement, work);
      const answer = result instanceof Promise ? undefined : this.client.faults.after?.(statement);
      if (!(result instanceof Promise) && answer === undefined) {
        over();
        return Promise.resolve(result);
      }
      return this.waited(statement, { result, answer, limit }).finally(over);
    } catch (error) {
      over();
      return Promise.reject(error as Error);
    }
  }

  /** Something of it is not there yet: what it gives, or that it is heard of. */
  private async waited<T>(
    statement: MemoryStatement,
    { result, answer, limit }: { result: Soon<T>; answer: Promise<void> | undefined; limit: () => void },
  ): Promise<T> {
    if (result instanceof Promise) this.done = result;
    const done = await result;
    const heard = answer ?? this.client.faults.after?.(statement);
    if (heard !== undefined) {
      limit();
      await Promise.race([this.heard(heard), this.gone.promise]);
    }
    return this.isDead ? never() : done;
  }

  /** Behind those that were asked for before. */
  private async inTurn<T>(statement: MemoryStatement, arrived: Promise<void> | undefined, work: Work<T>): Promise<T> {
    arrived?.catch(() => undefined); // It is heard of in its turn.
    const stop = this.limitAnswer();
    const done = this.done.then(nothing, nothing).then(() => this.performInTurn(statement, work, arrived));
    const answer = this.answer(statement, done, this.answered);
    this.done = done;
    try {
      return await Promise.race([answer, this.gone.promise]);
    } finally {
      this.over(stop);
    }
  }

  private over(stop: (() => void) | undefined): void {
    this.open -= 1;
    this.tx.waiting = undefined;
    stop?.();
  }

  private async performInTurn<T>(statement: MemoryStatement, work: Work<T>, arrived?: Promise<void>): Promise<T> {
    try {
      await arrived;
    } catch (error) {
      throw this.ended(error);
    }
    return this.perform(statement, work);
  }

  private perform<T>({ kind }: MemoryStatement, work: Work<T>): Soon<T> {
    try {
      if (this.isDead) return never();
      if (this.lost) throw this.lost;
      if (this.isRefused && !ENDS.includes(kind)) {
        throw new MemoryError(
          '25P02',
          'current transaction is aborted, commands ignored until end of transaction block',
        );
      }
      this.idle_since = undefined;
      const done = work(this.tx);
      if (done instanceof Promise) return this.performed(done);
      this.rest();
      return done;
    } catch (error) {
      throw this.ended(error);
    }
  }

  private async performed<T>(done: Promise<T>): Promise<T> {
    try {
      const result = await done;
      this.rest();
      return result;
    } catch (error) {
      throw this.ended(error);
    }
  }

  /** It was not done. @returns what whoever asked is told */
  private ended(error: unknown): unknown {
    const told = this.failed(error);
    this.rest();
    return told;
  }

  private rest(): void {
    if (!this.tx.isOver) this.limitIdle();
  }

  private async answer<T>(statement: MemoryStatement, done: Promise<T>, before: Promise<unknown>): Promise<T> {
    const result = await done;
    await before.then(nothing, nothing);
    await this.heard(this.client.faults.after?.(statement));
    return this.isDead ? never() : result;
  }

  private async heard(answer: Promise<void> | undefined): Promise<void> {
    try {
      await answer;
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** @returns what whoever asked is told: the end of the connection, where that is why */
  private failed(error: unknown): unknown {
    if (error instanceof MemoryError) {
      this.isRefused = true;
      return this.lost ?? error;
    }
    this.lost ??= error instanceof Error ? error : new ConnectionLost();
    this.gone.reject(this.lost);
    const isNoticed = !(error instanceof ConnectionLost) || error.noticed;
    if (isNoticed) this.tx.rollback();
    else this.limitIdle();
    return error;
  }

  /** @returns what calls the limit off */
  private limitAnswer(): () => void {
    return this.client.clock.after(STATEMENT_MS, () => this.failed(new ConnectionLost(true, LATE)));
  }

  private limitIdle(): void {
    this.idle_since = this.now;
    this.stopIdle ??= this.server.clock.after(IDLE_IN_TRANSACTION_MS, () => this.lookIdle());
  }

  /** One timer is for all statements of a transaction: it is set again for what is left since the newest of them. */
  private lookIdle(): void {
    this.stopIdle = undefined;
    if (this.tx.isOver || this.idle_since === undefined) return;
    const left_ms = this.idle_since + IDLE_IN_TRANSACTION_MS - this.now;
    if (left_ms > 0) {
      this.stopIdle = this.server.clock.after(left_ms, () => this.lookIdle());
      return;
    }
    this.lost ??= new MemoryError('25P03', 'terminating connection due to idle-in-transaction timeout');
    this.tx.rollback();
  }

  private get now(): number {
    return this.server.clock.now().getTime();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function nothing(): void {
  // Whatever became of a statement is told to whoever asked for it.
}
