import { ConnectionLost, MemoryError, type MemoryFaults, type MemoryStatement } from '@edgeflow/fold/memory';
import type { Clock } from '@edgeflow/runtime';
import type { NodeClock, SeededEntropy } from '@edgeflow/simulation';
import { Conditions, concerns } from './conditions.js';

/** What is out of order at the database's server, or on the ways to it. */
export interface RowsCondition {
  /** Whose way; default: everybody's. */
  node?: string | undefined;
  /** A statement takes up to so much longer, in milliseconds. */
  slower_ms?: number;
  /** Nothing passes until then. */
  healed?: Promise<void>;
  /** The connection is lost before a statement is done, or after it. */
  loses?: 'before' | 'after';
  /** False: the server does not notice that. */
  noticed?: boolean;
  /** Only what ends a transaction is struck. */
  commits?: boolean;
  /** An SQLSTATE that what writes is refused with. */
  refuses?: string;
  /** How often it strikes, from 0 to 1. Default: always. */
  share?: number;
}

/** How the database's server is, and the ways to it. */
export class RowsWeather {
  readonly conditions = new Conditions<RowsCondition>();

  /** @param clock of the network */
  constructor(
    private readonly clock: Clock,
    private readonly entropy: SeededEntropy,
  ) {}

  /** What goes wrong for one process. @param clock its own: while it stands still it hears no answer */
  of(clock: NodeClock): MemoryFaults {
    return {
      before: (statement) => (this.conditions.isNone ? undefined : this.before(statement)),
      after: (statement) => {
        if (this.conditions.isNone && !clock.isPaused) return undefined;
        return this.after(statement, clock);
      },
    };
  }

  private async before(statement: MemoryStatement): Promise<void> {
    await this.away(statement);
    const slower = this.conditions.sum(({ node, slower_ms = 0 }) => (concerns(node, statement.client) ? slower_ms : 0));
    if (slower > 0) await this.clock.sleep(slower * this.entropy.random('slow'));
    const refusing = this.struck(statement, ({ refuses }) => refuses !== undefined && statement.writes);
    if (refusing?.refuses !== undefined) throw new MemoryError(refusing.refuses, 'refused, as drawn');
    this.loseAt('before', statement);
  }

  private async after(statement: MemoryStatement, clock: NodeClock): Promise<void> {
    await this.away(statement);
    this.loseAt('after', statement);
    if (clock.isPaused) await new Promise<void>((resolve) => clock.whenRunning(resolve));
  }

  private async away(statement: MemoryStatement): Promise<void> {
    const away = (): RowsCondition | undefined =>
      this.conditions.find(({ node, healed }) => healed !== undefined && concerns(node, statement.client));
    for (let found = away(); found; found = away()) await found.healed;
  }

  private loseAt(when: 'before' | 'after', statement: MemoryStatement): void {
    const isEnd = statement.kind === 'COMMIT' || (statement.writes && statement.of !== 'transaction');
    const lost = this.struck(statement, ({ loses, commits }) => loses === when && (commits !== true || isEnd));
    if (lost) throw new ConnectionLost(lost.noticed ?? true);
  }

  private struck({ client }: MemoryStatement, isSo: (condition: RowsCondition) => boolean): RowsCondition | undefined {
    const found = this.conditions.find((condition) => isSo(condition) && concerns(condition.node, client));
    return found && (found.share === undefined || this.entropy.random('struck') < found.share) ? found : undefined;
  }
}
