import type { StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

interface Wish {
  rollout: string;
  /** Where it was asked for, and accepted: who is behind wanted it later. */
  position: number;
  priority: number;
  version: string;
  /** Rolled back, it holds nothing against older ones any more. */
  isGivenBack: boolean;
  /** It tells nobody any more: what has failed in it is not its. */
  isAborted: boolean;
}

/** What has become of the update by which a rollout holds a device; `stands` while it is open, too. */
type Hold = 'stands' | 'failed';

/**
 * The later wish wins: once a rollout has told a device, an older one of the same priority or a lower one does not take it back. Who appends to
 * a device's stream has seen what stands there, so that this holds at each event.
 */
export class LaterWish implements Invariant {
  readonly name = 'the later wish wins';
  private readonly wishes = new Map<string, Wish>();
  /** The rollouts that have told a device, or found it on their version, and have not let go of it since. */
  private readonly holding = new Map<string, Map<string, Hold>>();

  observe(event: StoredEvent): string[] {
    const device = within(event, event.entity_id);
    switch (event.type) {
      case 'RolloutAccepted': {
        const { rollout_id: rollout, spec } = event.data;
        const { priority = 0, version } = spec;
        const wish = { rollout, position: event.position, priority, version, isGivenBack: false, isAborted: false };
        this.wishes.set(within(event, rollout), wish);
        return [];
      }
      case 'RollbackTriggered':
        this.change(within(event, event.data.rollout_id), { isGivenBack: true });
        return [];
      case 'RolloutAborted':
        this.change(within(event, event.data.rollout_id), { isAborted: true });
        return [];
      case 'DeviceRemoved':
        this.holding.delete(device);
        return [];
      case 'UpdateQueued':
        return this.queued(device, event);
      case 'UpdateCancelled':
        this.letGo(device, event, event.data.rollout_id);
        return [];
      case 'UpdateFailed':
      case 'UpdateReverted':
        this.failed(device, event, event.data.rollout_id);
        return [];
      default:
        return [];
    }
  }

  end(): string[] {
    return [];
  }

  private queued(device: string, event: StoredEvent<'UpdateQueued'>): string[] {
    const { rollout_id, rollback, update_id } = event.data;
    const wish = rollout_id === undefined ? undefined : this.wishes.get(within(event, rollout_id));
    // A person's update, and a way back, are wishes of their own: whoever held the device before holds it no more.
    if (!wish || rollback) {
      this.holding.delete(device);
      return [];
    }
    const holding = at(this.holding, device, () => new Map<string, Hold>());
    const held = [...holding].flatMap(([other, by]) => {
      const its = this.wishes.get(other);
      return its && !(its.isAborted && by === 'failed') ? its : [];
    });
    const later = held.find((other) => beats(other, wish));
    holding.set(within(event, wish.rollout), 'stands');
    return later
      ? [
          `${update_id} takes it back to ${wish.version} for ${wish.rollout}, after ${later.rollout}, which was asked for later`,
        ]
      : [];
  }

  /** What somebody took back, or the device's owner declined, leaves the device where it was. */
  private letGo(device: string, event: StoredEvent, rollout_id: string | undefined): void {
    if (rollout_id !== undefined) this.holding.get(device)?.delete(within(event, rollout_id));
  }

  private failed(device: string, event: StoredEvent, rollout_id: string | undefined): void {
    const holding = this.holding.get(device);
    const rollout = within(event, rollout_id ?? '');
    if (holding?.has(rollout)) holding.set(rollout, 'failed');
  }

  private change(rollout: string, change: Partial<Pick<Wish, 'isGivenBack' | 'isAborted'>>): void {
    const wish = this.wishes.get(rollout);
    if (wish) this.wishes.set(rollout, { ...wish, ...change });
  }
}

function beats(other: Wish, wish: Wish): boolean {
  const isLater = other.position > wish.position && other.priority >= wish.priority;
  return isLater && !other.isGivenBack && other.version !== wish.version;
}
