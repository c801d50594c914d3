import type { EventName, StoredEvent } from '@edgeflow/contracts';
import { keepOnly } from './keep-only.js';

/**
 * Events after which a device may be one for a rollout that takes devices in, or may have moved after all: it has come, or is not kept any more
 * by an update, by the wait of whoever had its id before, by another rollout, or for want of an image.
 */
const ARRIVING: readonly EventName[] = [
  'DeviceRegistered',
  'DeviceChanged',
  'DeviceReinstated',
  'DeviceConnected',
  'DeviceVersionReported',
  'UpdateCompleted',
  'UpdateFailed',
  'UpdateCancelled',
  'UpdateSkipped',
  'UpdateRejected',
  'RolloutAborted',
  'RolloutCompleted',
  'RollbackCompleted',
  'FirmwareUploaded',
];
/** Between two looks for one rollout, in milliseconds: a fleet that comes online is looked at once, not a thousand times. */
const PAUSE_MS = 500;

/** Says when it is worth to look for devices that a rollout has to take in. Holds hints, no truth: at first every rollout is looked at. */
export class Arrivals {
  private newest = 1;
  private readonly looked = new Map<string, { seen: number; at: number }>();

  heard(batch: readonly StoredEvent[]): void {
    if (batch.some(({ type }) => ARRIVING.includes(type))) this.newest += 1;
  }

  /** True when something has come since the last look for this rollout; the next look is from now. */
  due(rollout: string, at: Date): boolean {
    const last = this.looked.get(rollout);
    if (last && (last.seen === this.newest || at.getTime() - last.at < PAUSE_MS)) return false;
    this.looked.set(rollout, { seen: this.newest, at: at.getTime() });
    return true;
  }

  /** Remembers nothing of rollouts that are over. */
  keep(active: ReadonlySet<string>): void {
    keepOnly(this.looked, active);
  }
}
