import type { FindOptionsWhere } from 'typeorm';
import { Refused, type ErrorCode, given } from '@edgeflow/contracts';
import type { RowClass } from '@edgeflow/fold';
import { timelineItem, type TimelineItem, type TimelineQuery } from '../http/timeline.dto.js';
import type { TimelineEvent } from '../rows/timeline.row.js';
import { isPosition } from './cursor.js';
import { inOrderOf, type List } from './read-models.js';

/**
 * A timeline, in the order of the log or the other way round.
 * @param of whose it is
 * @param refusal for one of which nothing was ever said
 */
export function timelineOf<R extends TimelineEvent>(
  table: RowClass<R>,
  of: FindOptionsWhere<R>,
  { type, order }: Pick<TimelineQuery, 'type' | 'order'>,
  [code, facts]: readonly [ErrorCode, object],
): List<R, Pick<R, 'position'>, TimelineItem> {
  const ordered = inOrderOf<R, 'position'>('position', isPosition, {
    table,
    where: { ...of, ...given({ type }) },
    order,
  });
  return {
    ...ordered,
    rows: async (tables, part) => {
      const rows = await ordered.rows(tables, part);
      if (rows.length > 0 || (await tables.existsBy(table, of))) return rows;
      throw new Refused(code, undefined, { ...facts, position: part.position });
    },
    show: (rows) => rows.map(timelineItem),
  };
}
