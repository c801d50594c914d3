import { In, type EntityManager } from 'typeorm';
import type { Entity } from '@edgeflow/contracts';
import { DeadLetterRow } from '@edgeflow/fold';
import { asideItem } from '../../http/aside.dto.js';
import { timelineItem } from '../../http/timeline.dto.js';
import type { WhyAnswer } from '../../http/why.dto.js';
import type { Chain } from './rollout-chain.js';
import { textOf } from './text.js';

/** Events of one thing that were set aside and are shown at most, the newest. */
const SHOWN = 100;

/** What a chain is of. */
interface Of {
  org: string;
  entity_id: string;
  entities: readonly Entity[];
}

/**
 * A chain in words, and beside it what was set aside: a part of the story that nobody here can tell.
 * @returns undefined when nothing was ever said: an event that was set aside is something
 */
export async function explained(
  tables: EntityManager,
  { events, complete }: Chain = { events: [], complete: true },
  { org, entity_id, entities }: Of,
): Promise<Omit<WhyAnswer, 'position'> | undefined> {
  const where = { org, entity_id, entity: In(entities) };
  const rows = await tables.find(DeadLetterRow, { where, order: { position: 'DESC' }, take: SHOWN });
  if (events.length === 0 && rows.length === 0) return undefined;
  const items = events.map((event) => ({ ...timelineItem(event), text: textOf(event) }));
  const set_aside = rows.map((row) => ({ ...asideItem(row), text: asideText(row) }));
  return { items, complete, set_aside, next_cursor: null };
}

function asideText({ type, position, code, reason, acknowledged_by }: DeadLetterRow): string {
  const looked = acknowledged_by === null ? 'nobody has acknowledged it yet' : `${acknowledged_by} has acknowledged it`;
  return `${type} at position ${position} was set aside (${code}: ${reason}), so what it says is not taken into account; ${looked}.`;
}
