import { setTimeout as sleep } from 'node:timers/promises';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { deriveId, toEvent, type OtaEvent, type StoredEvent } from '@edgeflow/contracts';
import { positionColumn } from './columns.js';
import type { FoldDefinition } from './fold-definition.js';
import type { Rows } from './rows.js';

/** Which events a fold has seen: the smallest read model there is. */
@Entity('seen')
export class Seen {
  @PrimaryColumn('bigint', { transformer: positionColumn })
  position!: number;

  @Column('text')
  device_id!: string;
}

const rowsOf = (batch: readonly StoredEvent[]): Seen[] =>
  batch.map(({ position, entity_id }) => ({ position, device_id: entity_id }));

/** Keeps what was seen. @throws TypeError when one was seen before: an event is folded once */
export async function see(tx: Rows, batch: readonly StoredEvent[], rows = rowsOf(batch)): Promise<void> {
  const before = await tx.get(Seen, rows);
  if (before.length > 0) throw new TypeError(`seen twice: ${before.map(({ position }) => position).join(', ')}`);
  await tx.add(Seen, rows);
}

/** A fold of all events into those rows. */
export const definition = (change: Partial<FoldDefinition> = {}): FoldDefinition => ({
  name: 'spec-fold',
  filters: ['ota.>'],
  apply: (batch, tx) => see(tx, batch),
  ...change,
});

/** An event that needs nothing before it. */
export function revoked(device: string): OtaEvent {
  const fact = { type: 'DeviceRevoked', data: { device_id: device, revoked_by: 'spec' } } as const;
  const cause = { id: deriveId('evt', device), source: '/spec', time: new Date().toISOString() };
  return toEvent({ org: 'acme', entity: 'device', entity_id: device }, fact, cause);
}

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(20);
}
