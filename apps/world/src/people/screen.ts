import type { Glance } from '../world/log-view.js';
import { at, within } from '../invariants/invariant.js';

export type Standing = 'accepted' | 'running' | 'paused' | 'completed' | 'aborted' | 'rolling_back' | 'rolled_back';

/** A rollout as somebody sees it who looks at a screen. */
export interface SeenRollout {
  rollout_id: string;
  standing: Standing;
  failures: number;
  /** What its image came from: somebody who waits for an approval is asked for it. */
  approval: string | undefined;
}

const STANDINGS: Readonly<Record<string, Standing>> = {
  RolloutStarted: 'running',
  RolloutPaused: 'paused',
  RolloutResumed: 'running',
  RolloutRetried: 'running',
  RolloutAborted: 'aborted',
  RolloutCompleted: 'completed',
  RollbackTriggered: 'rolling_back',
  RollbackCompleted: 'rolled_back',
};
/** A rollout that goes on by itself. */
const GOES_ON: readonly Standing[] = ['accepted', 'running', 'rolling_back'];
const STIRRING: readonly string[] = ['rollout', 'update', 'request'];
const ENDS: readonly string[] = ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled', 'UpdateSkipped'];

/** What people see of their organization: rollouts, and who is busy. It is right enough to act by, and no more. */
export class Screen {
  /** By organization. */
  private readonly rollouts = new Map<string, Map<string, SeenRollout>>();
  private readonly busy = new Map<string, string>();
  private readonly online = new Set<string>();
  /** When something was last decided or asked for, or a device came for which something may have waited, in milliseconds since 1970. */
  stirred_at = 0;

  /** One more event. */
  observe(event: Glance): void {
    const { entity, entity_id, type } = event;
    if (STIRRING.includes(entity) || type === 'DeviceConnected') this.stirred_at = event.at;
    if (entity === 'rollout') this.rollout(event);
    if (type === 'DeviceConnected') this.online.add(within(event, entity_id));
    if (type === 'DeviceDisconnected') this.online.delete(within(event, entity_id));
    if (type === 'UpdateQueued' || type === 'UpdateDispatched') this.busy.set(within(event, entity_id), event.org);
    if (ENDS.includes(type)) this.busy.delete(within(event, entity_id));
    if (type === 'UpdateFailed') this.of(event, event.data['rollout_id'], (seen) => (seen.failures += 1));
  }

  /** The rollouts of an organization, the oldest first. */
  rolloutsOf(org: string): SeenRollout[] {
    return [...(this.rollouts.get(org)?.values() ?? [])];
  }

  isBusy(org: string, device_id: string): boolean {
    return this.busy.has(within({ org }, device_id));
  }

  isOnline(org: string, device_id: string): boolean {
    return this.online.has(within({ org }, device_id));
  }

  /** No update is open. */
  get isIdle(): boolean {
    return this.busy.size === 0;
  }

  /** A rollout goes on by itself, sooner or later. */
  get goesOn(): boolean {
    return [...this.rollouts.values()].some((seen) =>
      [...seen.values()].some(({ standing }) => GOES_ON.includes(standing)),
    );
  }

  private rollout(event: Glance): void {
    const { org, entity_id: rollout_id, type, data } = event;
    if (type === 'RolloutAccepted') {
      const approval = (data['spec'] as { approval?: string }).approval;
      const seen: SeenRollout = { rollout_id, standing: 'accepted', failures: 0, approval };
      at(this.rollouts, org, () => new Map<string, SeenRollout>()).set(rollout_id, seen);
      return;
    }
    // Also behind its end, where a device comes back that it had moved.
    const isPlannedBack = type === 'RolloutDevicesPlanned' && data['stage'] === 'rollback';
    const standing = isPlannedBack ? 'rolling_back' : STANDINGS[type];
    if (standing) this.of(event, rollout_id, (seen) => (seen.standing = standing));
  }

  private of({ org }: Glance, rollout_id: unknown, change: (seen: SeenRollout) => void): void {
    const seen = this.rollouts.get(org)?.get(String(rollout_id));
    if (seen) change(seen);
  }
}
