import { Refused, type RolloutSpec } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import type { Candidate } from '@edgeflow/rollout';
import { FleetWindowRow, openingTogether } from '@edgeflow/rollout-rows';

/** Devices of a plan that could never be told as things stand: their fleet's window is never open together with the rollout's own. */
export class WindowsApart {
  /** How many of the eligible ones. */
  devices = 0;

  private constructor(
    private readonly spec: RolloutSpec,
    private readonly fleets: ReadonlySet<string>,
  ) {}

  static async load(tables: Rows, org: string, spec: RolloutSpec, at: Date): Promise<WindowsApart> {
    const { window: own, start_at, target } = spec;
    if (!own) return new WindowsApart(spec, new Set());
    const from = new Date(Math.max(at.getTime(), start_at === undefined ? 0 : Date.parse(start_at)));
    const fleet = target.fleet ?? target.filter?.fleet;
    const rows = await tables.range(FleetWindowRow, { org, ...(fleet !== undefined && { fleet }) });
    const apart = rows.filter(({ window }) => openingTogether([own, window], from) === undefined);
    return new WindowsApart(spec, new Set(apart.map((row) => row.fleet)));
  }

  /** Takes note of an eligible device. @returns what there is to say of it */
  count({ fleet }: Candidate): 'window-never-opens' | undefined {
    if (fleet === null || !this.fleets.has(fleet)) return undefined;
    this.devices += 1;
    return 'window-never-opens';
  }

  /**
   * A rollout that can tell nobody was meant otherwise; where others may come to it later, it is told who cannot be.
   * @throws Refused `window-never-opens`
   */
  refuseAll(eligible: number): void {
    const { target, membership } = this.spec;
    const fleet = target.fleet ?? target.filter?.fleet;
    const canJoin = membership === 'continuous' && (fleet === undefined || !this.fleets.has(fleet));
    if (this.devices === 0 || this.devices < eligible || canJoin) return;
    const whose = fleet === undefined ? 'those of the fleets of all its devices' : `that of the fleet ${fleet}`;
    const detail = `The window of the rollout and ${whose} have no time in common.`;
    throw new Refused('window-never-opens', detail, { devices: this.devices });
  }
}
