import { ApiProperty } from '@nestjs/swagger';
import { In, type EntityManager } from 'typeorm';
import type { Entity } from '@edgeflow/contracts';
import { SetAsideRow } from '@edgeflow/fold';
import { asideItem, AsideItem } from '../aside/aside.query.js';

/** Events of one thing that are shown at most, the newest. */
const SHOWN = 100;

/** An event of the lane that was set aside. */
export class WhyAside extends AsideItem {
  @ApiProperty({ description: 'What that means, in one sentence.' })
  text!: string;
}

/** What was set aside of one device or rollout, newest first: a part of its story that nobody here can tell. */
export async function asideOf(
  tables: EntityManager,
  org: string,
  entities: readonly Entity[],
  entity_id: string,
): Promise<WhyAside[]> {
  const where = { org, entity: In(entities), entity_id };
  const rows = await tables.find(SetAsideRow, { where, order: { position: 'DESC' }, take: SHOWN });
  return rows.map((row) => ({ ...asideItem(row), text: asideText(row) }));
}

/** One plain sentence. */
export function asideText({ type, position, code, reason, acknowledged_by }: Omit<AsideItem, 'subject'>): string {
  const looked = acknowledged_by === null ? 'nobody has acknowledged it yet' : `${acknowledged_by} has acknowledged it`;
  return `${type} at position ${position} was set aside (${code}: ${reason}), so what it says is not taken into account; ${looked}.`;
}
