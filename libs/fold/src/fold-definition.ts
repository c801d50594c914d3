import type { EntityManager } from 'typeorm';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';

/** What is folded, and how. */
export interface FoldDefinition {
  /** Also the durable consumer's name: `<app>-<purpose>`. */
  name: string;
  /** Raise it when the rows would come out otherwise: they are dropped and rebuilt by replay. Default 1. */
  version?: number;
  /** The tables to empty before such a rebuild. */
  entities: readonly (new () => object)[];
  /** Subjects with wildcards, e.g. `ota.>`. */
  filters: readonly string[];
  /** Writes the batch's rows. In order, each event once; the checkpoint is committed with what it writes. */
  apply(batch: readonly StoredEvent[], tx: EntityManager): Promise<void>;
  /**
   * Takes notice of what is not read: rows that say how far a lane was seen move past it. What is set aside comes in the log's order with
   * what is applied; an unknown type may come after events that stand behind it. It must not fail for what is in them: they come again.
   */
  passOver?(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void>;
  /** Called after each commit with the events that were new, none when only unread ones were: a hint that the rows have changed, never the only one. */
  committed?(batch: readonly StoredEvent[]): void;
}

export interface FoldOptions {
  /** Events in one transaction; default 500. */
  batch?: number;
}
