import { MemoryConnection, type MemoryClient } from './memory-connection.js';
import type { Ask, Asked } from './memory-rows.js';
import type { MemoryServer } from './memory-server.js';
import { MemoryTransaction } from './memory-transaction.js';
import { soon } from './soon.js';

/** The connections of one client: a transaction each. */
export class MemorySessions {
  private readonly connections = new Set<MemoryConnection>();
  /** Those of a process that is gone, or stood still: it hears of no error either. */
  private readonly dead = new WeakSet<MemoryConnection>();

  constructor(
    private readonly server: MemoryServer,
    private readonly client: MemoryClient,
  ) {}

  /** See `MemoryFoldDatabase.die`. */
  die(noticed: boolean): void {
    for (const connection of this.connections) {
      connection.die(noticed);
      this.dead.add(connection);
    }
  }

  /** Statements that are transactions by themselves. @param sees the schema of plain names */
  each(sees: string): Ask {
    return async (asked, statement) => {
      const connection = this.connect(sees);
      try {
        return await connection.do(asked, (tx) =>
          soon(statement(tx), (done) => {
            connection.commit();
            return done;
          }),
        );
      } catch (error) {
        if (this.dead.has(connection)) await never();
        throw error;
      } finally {
        this.disconnect(connection);
      }
    };
  }

  /** Statements of one transaction. */
  async transacted<T>(sees: string, work: (ask: Ask) => Promise<T>): Promise<T> {
    const connection = this.connect(sees);
    const says = (kind: string): Asked => ({ kind, of: 'transaction', writes: kind === 'COMMIT' });
    try {
      await connection.do(says('BEGIN'), () => undefined);
      const done = await work((asked, statement) => connection.do(asked, statement));
      await connection.do(says('COMMIT'), () => connection.commit());
      return done;
    } catch (error) {
      if (this.dead.has(connection)) await never();
      await connection.do(says('ROLLBACK'), (tx) => tx.rollback()).catch(() => undefined);
      throw error;
    } finally {
      this.disconnect(connection);
    }
  }

  private connect(sees: string): MemoryConnection {
    const connection = new MemoryConnection(this.client, this.server, new MemoryTransaction(this.server, sees));
    this.connections.add(connection);
    return connection;
  }

  private disconnect(connection: MemoryConnection): void {
    connection.close();
    this.connections.delete(connection);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
