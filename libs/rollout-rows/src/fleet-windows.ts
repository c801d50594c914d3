import type { MaintenanceWindow, StoredEvent } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import { hadItsChance, rolloutOf, windowAt } from '@edgeflow/rollout';
import { FleetWindowRow } from './fleet-window.row.js';
import { openingTogether } from './opening-together.js';

/** Folds the windows of fleets; one that cannot be read is refused on a rollout stream and changes nothing here. */
export async function foldFleetWindows(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  for (const event of batch) {
    if (event.type !== 'FleetWindowRequested' || rolloutOf(event) !== undefined) continue;
    const { org, position } = event;
    const { fleet, window } = event.data;
    if (window) await tx.put(FleetWindowRow, [{ org, fleet, window, position }]);
    else await tx.remove(FleetWindowRow, { org, fleet });
  }
}

/** A fleet whose maintenance window is closed, and when it opens, ISO 8601. */
export interface ClosedFleet {
  fleet: string;
  opens_at: string | null;
}

/** The fleets of an organization whose window is closed at a time. */
export async function closedFleets(tables: Rows, org: string, at: Date): Promise<ClosedFleet[]> {
  const rows = await tables.range(FleetWindowRow, { org });
  return rows.flatMap(({ fleet, window }) => {
    const state = windowAt(window, at);
    return state.open ? [] : [{ fleet, opens_at: state.opens_at }];
  });
}

/**
 * The fleets of an organization whose window keeps their devices from a rollout that has one itself: closed, now or when the rollout's opens next, and when both are
 * open together. Null where that is never.
 */
export async function fleetsClosedTo(
  tables: Rows,
  org: string,
  own: MaintenanceWindow,
  at: Date,
): Promise<ClosedFleet[]> {
  const next = openingTogether([own], at) ?? at;
  const rows = await tables.range(FleetWindowRow, { org });
  return rows.flatMap(({ fleet, window }) => {
    if (windowAt(window, at).open && windowAt(window, next).open) return [];
    return [{ fleet, opens_at: openingTogether([own, window], at)?.toISOString() ?? null }];
  });
}

/** The fleets in whose window a device that waits has not had its chance yet. */
export async function fleetsWithoutChance(tables: Rows, org: string, at: Date, waiting_s: number): Promise<string[]> {
  const rows = await tables.range(FleetWindowRow, { org });
  return rows.flatMap(({ fleet, window }) => (hadItsChance(window, at, waiting_s) ? [] : [fleet]));
}
