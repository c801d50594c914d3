import type { Clock } from '@edgeflow/runtime';
import pg from 'pg';

/** How long a statement may take before its connection is given up, in milliseconds. */
export const STATEMENT_MS = 10_000;
/** The same where tables are made: an index of a large one takes its time. */
export const TABLES_MS = 600_000;
/** How long a transaction may stand still: that of a frozen process holds the locks which the next leader needs. */
export const IDLE_IN_TRANSACTION_MS = 8_000;
/** A peer that vanished without a word is noticed so many milliseconds after the last one, plus what the server's own keepalives take. */
const KEEPALIVE_MS = 5_000;

const KEEPALIVES =
  '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10s';

/**
 * What node-postgres is told beside the address, so that nothing waits without end for a server that hangs, and no server for a client that
 * does. `tcp_user_timeout` is for what was sent and never acknowledged (PostgreSQL, section 19.3.2).
 * @param statement_ms after which the connection is given up
 * @param search_path the one schema that plain names of tables are of
 */
export function connectionOptions(statement_ms: number, search_path: string, clock: Clock): Record<string, unknown> {
  return {
    Client: limitedClient(statement_ms, clock),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    options: `-c search_path=${search_path} ${KEEPALIVES}`,
  };
}

/**
 * A client that drops its connection when a statement is not answered in time. The `query_timeout` of node-postgres would leave the connection
 * in the pool, with a statement under way, and everything after it would wait behind that one.
 */
function limitedClient(statement_ms: number, clock: Clock): typeof pg.Client {
  return class extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const ask = this.query.bind(this) as (...statement: unknown[]) => unknown;
      const limited = (...statement: unknown[]): unknown => {
        const answer = ask(...statement);
        if (!(answer instanceof Promise)) return answer;
        const inTime = clock.after(statement_ms, () => this.drop(statement_ms), { ref: false });
        return answer.finally(inTime);
      };
      Object.assign(this, { query: limited });
    }

    private drop(after_ms: number): void {
      const { stream } = (this as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection;
      stream.destroy(new Error(`Connection terminated: PostgreSQL has not answered for ${after_ms / 1000} s`));
    }
  };
}
