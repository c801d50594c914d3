import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { RowSet, type KeyedTable } from './row-set.js';
import type { Rows } from './rows.js';

/** What a batch may hold; most read models look at no event that cannot be read. */
type Seen = StoredEvent | UnreadEvent;

/** A read model with one row for each entity of an organization. */
export interface ReadModel<
  R extends { org: string; position: number },
  E extends Seen = StoredEvent,
  B extends Seen = StoredEvent,
> extends Pick<KeyedTable<R, keyof R & string>, 'entity' | 'derived'> {
  /** The column that, with `org`, is the key. */
  id: keyof R & string;
  /** True for the events that it is made of. */
  takes: (event: B) => event is E & B;
  /** The id of the row that an event may change; undefined when it changes none. */
  idOf: (event: E) => string | undefined;
  /** Pure; the same object when nothing has changed, undefined when there is none, or none any more. */
  evolve: (row: R | undefined, event: E) => R | undefined;
}

/** Brings the rows that a batch is about forward: one query to load them, one to store those that have changed. */
export async function advanceRows<
  R extends { org: string; position: number },
  E extends Seen,
  B extends Seen = StoredEvent,
>(tx: Rows, { id, takes, idOf, evolve, ...table }: ReadModel<R, E, B>, batch: readonly B[]): Promise<void> {
  const keyed = batch.filter(takes).flatMap((event) => {
    const found = idOf(event);
    return found === undefined ? [] : [{ event, key: { org: event.org, [id]: found } as unknown as R }];
  });
  if (keyed.length === 0) return;
  const keys = keyed.map(({ key }) => key);
  const rows = await RowSet.load<R, keyof R & string>(tx, { ...table, key: ['org', id] }, keys);
  for (const { event, key } of keyed) {
    const before = rows.of(key);
    const row = evolve(before, event);
    if (row) rows.put(row);
    else if (before) rows.remove(key);
  }
  await rows.store(tx);
}
