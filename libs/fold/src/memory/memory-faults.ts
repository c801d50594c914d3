/** What a client asks for. */
export interface MemoryStatement {
  /** The client's name. */
  client: string;
  /** `get`, `put`, `COMMIT`, `lease` … */
  kind: string;
  /** The table, or what else it is about. */
  of: string;
  /** True when it would store something. */
  writes: boolean;
}

/**
 * What may go wrong with a statement, and how long it takes: whoever drives the server says it. An error with a SQLSTATE (`MemoryError`) is
 * the server's refusal; `ConnectionLost` ends the connection.
 */
export interface MemoryFaults {
  /** Awaited before a statement is done: its way there, and what it waits for. One that never settles hangs. */
  before?(statement: MemoryStatement): Promise<void> | undefined;
  /** Awaited after it was done, before that is heard of: what rejects here was done all the same. */
  after?(statement: MemoryStatement): Promise<void> | undefined;
}

/** The connection is gone. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';

  /** @param noticed false: the server does not know that nobody is there any more, and keeps the transaction until its own limit */
  constructor(
    readonly noticed = true,
    message = 'Connection terminated unexpectedly',
  ) {
    super(message);
  }
}

/** The database server's own clock, and its timers. */
export interface MemoryClock {
  now(): Date;
  /** Does `work` once, after so many milliseconds. @returns what calls it off */
  after(ms: number, work: () => void): () => void;
}
