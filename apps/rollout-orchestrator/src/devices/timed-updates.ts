import type { MaintenanceWindow } from '@edgeflow/contracts';
import type { OpensAt } from '@edgeflow/device-update';
import type { Query, Rows } from '@edgeflow/fold';
import { commonOpening } from '@edgeflow/rollout';
import { FleetWindowRow } from '@edgeflow/rollout-rows';

/** The windows of all fleets, by organization and fleet. */
export class FleetWindows {
  private constructor(private readonly windows: ReadonlyMap<string, MaintenanceWindow>) {}

  static async load(rows: Rows): Promise<FleetWindows> {
    const found = await rows.range(FleetWindowRow, {});
    return new FleetWindows(new Map(found.map(({ org, fleet, window }) => [keyOf(org, fleet), window])));
  }

  /** When a window of its own and that of its fleet are open, for the devices of an organization. */
  opensAt(org: string): OpensAt {
    return ({ window, fleet }, from) => {
      const ofFleet = fleet === undefined ? undefined : this.windows.get(keyOf(org, fleet));
      return commonOpening(
        [window, ofFleet].filter((one) => one !== undefined),
        from,
      );
    };
  }

  /** The fleets whose window is closed, each as `{org}/{fleet}`. */
  closed(at: Date): string[] {
    return [...this.windows].flatMap(([key, window]) => (isOpen(window, at) ? [] : [key]));
  }
}

/** What updates that name a window are chosen by: the same text for the same window. */
export function windowKey({ cron, duration_s, time_zone }: MaintenanceWindow): string {
  return JSON.stringify({ cron, duration_s, time_zone });
}

/** The windows that held updates name, each once. Model: ../memory/timed-updates.model.ts. */
export const HELD_WINDOWS: Query<object, { key: string }> = {
  name: 'held-windows',
  sql: 'SELECT DISTINCT held_window AS key FROM device_lane WHERE held AND held_window IS NOT NULL',
  bind: () => [],
};

/** Which of the windows that updates name are open. */
export async function openWindows(rows: Rows, at: Date): Promise<string[]> {
  const named = await rows.select(HELD_WINDOWS, {});
  return named.map(({ key }) => key).filter((key) => isOpen(JSON.parse(key) as MaintenanceWindow, at));
}

function isOpen(window: MaintenanceWindow, at: Date): boolean {
  return commonOpening([window], at)?.getTime() === at.getTime();
}

/** No organization's name has a slash in it. */
function keyOf(org: string, fleet: string): string {
  return `${org}/${fleet}`;
}
