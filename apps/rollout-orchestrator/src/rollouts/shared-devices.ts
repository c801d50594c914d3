import type { RolloutOverlap } from '@edgeflow/contracts';
import type { Query, Rows } from '@edgeflow/fold';
import { isAccepted, stateOf, type Candidate, type MemberStatus } from '@edgeflow/rollout';
import { RolloutRow } from '@edgeflow/rollout-rows';

/** So many other rollouts are named, those with the most devices. */
const NAMED = 100;

/** A device that has not ended in another rollout. */
interface Share {
  device_id: string;
  rollout_id: string;
  status: MemberStatus;
}

/** Devices, and the rollout whose own ones do not count. */
interface OfDevices extends Pick<RolloutRow, 'org' | 'rollout_id'> {
  devices: readonly string[];
}

/** What other rollouts have of some devices, once of each. Model: memory/shared-devices.model.ts. */
export const SHARES: Query<OfDevices, Share> = {
  name: 'shared-devices',
  sql: `
    SELECT DISTINCT ON (m.device_id, m.rollout_id) m.device_id, m.rollout_id, m.status
      FROM rollout_member m
      WHERE m.org = $1 AND m.device_id = ANY($2) AND m.status IN ('waiting', 'in_flight') AND m.rollout_id <> $3
      ORDER BY m.device_id, m.rollout_id, m.status`,
  bind: ({ org, devices, rollout_id }) => [org, devices, rollout_id],
};

/** What other rollouts have of the devices of a plan while it is made. */
export class SharedDevices {
  private page = new Map<string, Share[]>();
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly tx: Rows,
    private readonly of: Pick<RolloutRow, 'org' | 'rollout_id'>,
  ) {}

  /** Looks the devices of a page up; the other members are about these from now on. */
  async look(page: readonly Candidate[]): Promise<void> {
    const { org, rollout_id } = this.of;
    const devices = page.map(({ device_id }) => device_id);
    const shares = await this.tx.select(SHARES, { org, rollout_id, devices });
    this.page = Map.groupBy(shares, ({ device_id }) => device_id);
  }

  /**
   * A device as this rollout may take it: one that is busy with the update of another rollout is not left out, but waits until that has ended, as do those that the
   * other one has not told yet. Which of the two comes first on it is a matter of their priorities.
   */
  asFree(device: Candidate): Candidate {
    if (!device.busy) return device;
    return this.sharesOf(device).some(({ status }) => status === 'in_flight') ? { ...device, busy: false } : device;
  }

  /** Counts a device of the plan for every other rollout that has it. */
  count(device: Candidate): void {
    for (const { rollout_id } of this.sharesOf(device)) {
      this.counts.set(rollout_id, (this.counts.get(rollout_id) ?? 0) + 1);
    }
  }

  /** The other rollouts that have devices of the plan, the ones with the most devices first. */
  async overlaps(): Promise<RolloutOverlap[]> {
    const rows = await this.tx.range(RolloutRow, { org: this.of.org, rollout_id: { oneOf: [...this.counts.keys()] } });
    const overlaps = rows.flatMap(({ rollout_id, state }) =>
      isAccepted(state)
        ? [
            {
              rollout_id,
              version: state.spec.version,
              state: stateOf(state),
              devices: this.counts.get(rollout_id) ?? 0,
            },
          ]
        : [],
    );
    return overlaps
      .toSorted((a, b) => b.devices - a.devices || a.rollout_id.localeCompare(b.rollout_id))
      .slice(0, NAMED);
  }

  private sharesOf({ device_id }: Candidate): readonly Share[] {
    return this.page.get(device_id) ?? [];
  }
}
