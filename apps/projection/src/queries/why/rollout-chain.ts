import { In, type EntityManager } from 'typeorm';
import { entityOf, namesOf } from '@edgeflow/contracts';
import type { OfRollout } from '../of-rollout.js';
import { RolloutTimelineRow } from '../../rows/rollout-timeline.row.js';
import type { TimelineEvent } from '../../rows/timeline.row.js';
import { MAX_LINKS, causesBeyond, newestFirst } from './chain.js';

/** What brings a rollout from one state to the next. A refusal does not, nor does a request before it is answered. */
const STEPS = namesOf('rollout').filter((name) => name !== 'RolloutActionRefused');

export interface Chain {
  /** Newest first. */
  events: TimelineEvent[];
  /** False when some in the middle are left out. */
  complete: boolean;
}

/**
 * What led a rollout to where it was at a position: its steps, each of which builds on the one before, and the requests that caused
 * them, back to the one for the rollout itself. A rollout without any step has what was said of it last; undefined when that is nothing.
 */
export async function rolloutChain(
  tables: EntityManager,
  of: OfRollout,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<Chain | undefined> {
  const newest = await selectSteps(tables, of, upTo, 'DESC', MAX_LINKS);
  if (newest.length === 0) return newestEvent(tables, of);
  const complete = newest.length < MAX_LINKS;
  const first = complete ? [] : await selectSteps(tables, of, upTo, 'ASC', 1);
  const steps = uniqueOf([...newest, ...first]);
  const causes = await eventsById(tables, of.org, causesBeyond(steps));
  // Any other cause is a step that is left out, or a part of the plan.
  const requests = causes.filter(({ type }) => entityOf(type) === 'request');
  return { events: newestFirst(uniqueOf([...steps, ...requests])), complete };
}

/** The events with these ids in the timelines of rollouts. */
export function eventsById(tables: EntityManager, org: string, ids: readonly string[]): Promise<RolloutTimelineRow[]> {
  return ids.length === 0 ? Promise.resolve([]) : tables.findBy(RolloutTimelineRow, { org, event_id: In(ids) });
}

/** The devices of the plan come in many events with the plan itself, which says all that is to be said. */
function selectSteps(
  tables: EntityManager,
  { org, rollout_id }: OfRollout,
  upTo: number,
  order: 'ASC' | 'DESC',
  limit: number,
): Promise<RolloutTimelineRow[]> {
  return tables
    .createQueryBuilder(RolloutTimelineRow, 'e')
    .where('e.org = :org AND e.rollout_id = :rollout_id AND e.position <= :upTo', { org, rollout_id, upTo })
    .andWhere('e.type = ANY(:types)', { types: STEPS })
    .andWhere(`NOT (e.type = 'RolloutDevicesPlanned' AND e.data->>'stage' = 'forward' AND e.data->>'joined' IS NULL)`)
    .orderBy('e.position', order)
    .limit(limit)
    .getMany();
}

async function newestEvent(tables: EntityManager, { org, rollout_id }: OfRollout): Promise<Chain | undefined> {
  const [event] = await tables.find(RolloutTimelineRow, {
    where: { org, rollout_id },
    order: { position: 'DESC' },
    take: 1,
  });
  return event && { events: [event], complete: true };
}

function uniqueOf(rows: readonly RolloutTimelineRow[]): RolloutTimelineRow[] {
  return [...new Map(rows.map((row) => [row.position, row])).values()];
}
