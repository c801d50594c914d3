import { Not, type EntityManager } from 'typeorm';
import { Refused } from '@edgeflow/contracts';
import { RolloutRow } from '@edgeflow/rollout-rows';
import type { List } from './read-models.js';

/** The rollout that a list is of. */
export interface OfRollout {
  org: string;
  rollout_id: string;
}

/** @throws Refused `rollout-unknown` for one that nobody has asked for */
export async function assertRollout(tables: EntityManager, of: OfRollout, position: number): Promise<void> {
  if (await tables.existsBy(RolloutRow, { ...of, status: Not('none') })) return;
  throw new Refused('rollout-unknown', undefined, { rollout_id: of.rollout_id, position });
}

/** The same list, of a rollout that there is. */
export function ofKnown<R, K extends object, I>(of: OfRollout, list: List<R, K, I>): List<R, K, I> {
  return {
    ...list,
    rows: async (tables, part) => {
      await assertRollout(tables, of, part.position);
      return list.rows(tables, part);
    },
  };
}
