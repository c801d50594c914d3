import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import { upsertForward, type RowClass } from '@edgeflow/fold';

/** A read model with one row for each entity of an organization. */
export interface ReadModel<R extends { org: string; position: number }> {
  entity: RowClass<R>;
  /** The column that, with `org`, is the key. */
  id: keyof R & string;
  /** The id of the row that an event may change; undefined when it changes none. */
  idOf(event: StoredEvent): string | undefined;
  /** Pure; the same object when nothing has changed. */
  evolve(row: R | undefined, event: StoredEvent): R | undefined;
}

/** Brings the rows that a batch is about forward: one query to load them, one to store those that have changed. */
export async function advanceRows<R extends { org: string; position: number }>(
  tx: EntityManager,
  model: ReadModel<R>,
  batch: readonly StoredEvent[],
): Promise<void> {
  const byRow = groupByRow(model, batch);
  if (byRow.size === 0) return;
  const stored = await load(tx, model, [...byRow.values()]);
  const changed: R[] = [];
  for (const [key, { events }] of byRow) {
    const before = stored.get(key);
    const after = events.reduce<R | undefined>(model.evolve, before);
    if (after && after !== before) changed.push(after);
  }
  await upsertForward(tx, model.entity, changed);
}

interface Group {
  org: string;
  id: string;
  events: StoredEvent[];
}

/** Neither an org nor an id has a slash in it. */
const keyOf = (org: string, id: string): string => `${org}/${id}`;

function groupByRow<R extends { org: string; position: number }>(
  model: ReadModel<R>,
  batch: readonly StoredEvent[],
): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const event of batch) {
    const id = model.idOf(event);
    if (id === undefined) continue;
    const key = keyOf(event.org, id);
    const group = groups.get(key);
    if (group) group.events.push(event);
    else groups.set(key, { org: event.org, id, events: [event] });
  }
  return groups;
}

async function load<R extends { org: string; position: number }>(
  tx: EntityManager,
  { entity, id }: ReadModel<R>,
  groups: readonly Group[],
): Promise<Map<string, R>> {
  const rows = await tx
    .createQueryBuilder(entity, 'stored')
    .where(`(stored.org, stored.${id}) IN (SELECT * FROM unnest(:orgs::text[], :ids::text[]))`, {
      orgs: groups.map((group) => group.org),
      ids: groups.map((group) => group.id),
    })
    .getMany();
  return new Map(rows.map((row) => [keyOf(row.org, String(row[id])), row]));
}
