import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import type { Lasts } from './fold-database.js';
import type { Rows } from './rows.js';

/** What is folded, and how. */
export interface FoldDefinition {
  /** Also the durable consumer's name: `<app>-<purpose>`. */
  name: string;
  /**
   * Raise it by one, once in a release, when the rows would come out otherwise or lie in other tables: those of the new version are built
   * beside the others. Default 1.
   */
  version?: number;
  /**
   * When what was committed outlasts a crash of PostgreSQL: at once, or `soon`, within a second. What a crash takes back, it takes back with the checkpoint, so that it
   * is folded again; until then the rows are as they were. For rows by which nobody decides (ADR 0050). Default: at once.
   */
  lasts?: Lasts;
  /** Subjects with wildcards, e.g. `ota.>`. */
  filters: readonly string[];
  /** Writes the batch's rows. In order, each event once; the checkpoint is committed with what it writes. */
  apply(batch: readonly StoredEvent[], tx: Rows): Promise<void>;
  /**
   * Takes notice of what is not read: rows that say how far a stream was seen move past it. What is set aside comes in the log's order with
   * what is applied; an unknown type may come after events that stand behind it. It must not fail for what is in them: they come again.
   */
  passOver?(unread: readonly UnreadEvent[], tx: Rows): Promise<void>;
  /** Called after each commit with the events that were new, none when only unread ones were: a hint that the rows have changed, never the only one. */
  committed?(batch: readonly StoredEvent[]): void;
}
