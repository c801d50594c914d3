import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import { hadItsChance, rolloutOf, windowAt } from '@edgeflow/rollout';
import { FleetWindowRow } from './fleet-window.row.js';

/** Folds the windows of fleets; one that cannot be read is refused on a rollout lane and changes nothing here. */
export async function foldFleetWindows(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  for (const event of batch) {
    if (event.type !== 'FleetWindowRequested' || rolloutOf(event) !== undefined) continue;
    const { org, position } = event;
    const { fleet, window } = event.data;
    if (window) await tx.upsert(FleetWindowRow, { org, fleet, window, position }, ['org', 'fleet']);
    else await tx.delete(FleetWindowRow, { org, fleet });
  }
}

/** A fleet whose maintenance window is closed, and when it opens, ISO 8601. */
export interface ClosedFleet {
  fleet: string;
  opens_at: string | null;
}

/** The fleets of an organization whose window is closed at a time. */
export async function closedFleets(tables: EntityManager, org: string, at: Date): Promise<ClosedFleet[]> {
  const rows = await tables.findBy(FleetWindowRow, { org });
  return rows.flatMap(({ fleet, window }) => {
    const state = windowAt(window, at);
    return state.open ? [] : [{ fleet, opens_at: state.opens_at }];
  });
}

/** The fleets in whose window a device that waits has not had its chance yet. */
export async function fleetsWithoutChance(
  tables: EntityManager,
  org: string,
  at: Date,
  waiting_s: number,
): Promise<string[]> {
  const rows = await tables.findBy(FleetWindowRow, { org });
  return rows.flatMap(({ fleet, window }) => (hadItsChance(window, at, waiting_s) ? [] : [fleet]));
}
