import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import { rolloutOf, windowAt } from '@edgeflow/rollout';
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

/** The fleets of an organization whose window is closed at a time. */
export async function closedFleets(tables: EntityManager, org: string, at: Date): Promise<string[]> {
  const rows = await tables.findBy(FleetWindowRow, { org });
  return rows.filter(({ window }) => !windowAt(window, at).open).map(({ fleet }) => fleet);
}
