import { updateDecider } from '@edgeflow/device-update';
import type { Fold, FoldDatabase } from '@edgeflow/fold';
import { isAccepted } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import type { Clock } from '@edgeflow/runtime';
import { appendDecided } from '../devices/append-decided.js';
import type { UpdateAppender } from '../devices/update-appender.js';
import { keepOnly } from '../rollouts/keep-only.js';
import { countedOf, lostSuccesses } from '../rollouts/lost-successes.js';
import { keyOf } from '../rollouts/unfolded-batches.js';

/** Devices in one batch, an event each. */
const DEVICES = 300;
/** The next look is so many times later than the last one took: a wave of a hundred thousand takes a while to look through. */
const PAUSE_FACTOR = 20;

/** Looks after what rollouts count: a device that runs something else by now, or was taken out of service, is no success of a wave that runs or soaks. */
export class Successes {
  private readonly pausedUntil = new Map<string, number>();

  constructor(
    private readonly database: FoldDatabase,
    private readonly appender: UpdateAppender,
    private readonly fold: Pick<Fold, 'leading'>,
    private readonly clock: Clock,
  ) {}

  /** One look at one rollout. @returns the position of the last event stored; undefined when there was none */
  async round(row: RolloutRow, at: Date): Promise<number | undefined> {
    const { org, state } = row;
    if (!isAccepted(state) || (this.pausedUntil.get(keyOf(row)) ?? 0) > at.getTime()) return undefined;
    const began = this.clock.steady_ms();
    const found = await lostSuccesses(this.database.rows, row, state, DEVICES);
    const devices = found.map((device) => ({ ...device, org }));
    const { stored, last } = await appendDecided(
      { appender: this.appender, fold: this.fold },
      devices,
      (device) => {
        const { device_id, removed } = device;
        const counted = countedOf(state, device);
        const command = removed
          ? ({ type: 'Leave', order: { ...counted, key: `${counted.update_id}:gone` }, device_id } as const)
          : ({ type: 'Verify', counted, device_id } as const);
        return updateDecider.decide(command, device.state);
      },
      at,
    );
    if (stored > 0) return last;
    this.pausedUntil.set(keyOf(row), at.getTime() + PAUSE_FACTOR * (this.clock.steady_ms() - began));
    return undefined;
  }

  /** Remembers nothing of rollouts that are over. */
  keep(active: ReadonlySet<string>): void {
    keepOnly(this.pausedUntil, active);
  }
}
