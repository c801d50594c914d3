import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

interface Rollout {
  version: string;
  /** Devices that it has told, and that did not run its version before. */
  told: Set<string>;
  isBack: boolean;
}

/** `rolled_back` means that each device that the rollout moved is back, once everybody has had the time to say where it is. */
export class RolledBack implements Invariant {
  readonly name = 'rolled_back means that every moved device is back';
  private readonly rollouts = new Map<string, Rollout>();
  private readonly runs = new Map<string, string>();
  private readonly out = new Set<string>();

  observe(event: StoredEvent): string[] {
    const device = within(event, event.entity_id);
    switch (event.type) {
      case 'RolloutAccepted': {
        const { rollout_id, spec } = event.data;
        this.rollouts.set(within(event, rollout_id), { version: spec.version, told: new Set(), isBack: false });
        break;
      }
      case 'DeviceVersionReported':
        this.runs.set(device, event.data.version);
        break;
      case 'DeviceRevoked':
      case 'DeviceRemoved':
        this.out.add(device);
        break;
      case 'UpdateDispatched':
        this.dispatched(device, event);
        break;
      case 'RollbackCompleted':
        this.turn(event, (event.data.incomplete ?? 0) === 0);
        break;
      case 'RollbackTriggered':
      case 'RolloutRetried':
      case 'RolloutAborted':
        this.turn(event, false);
        break;
      case 'UpdateReverted':
      case 'UpdateQueued':
        if (event.data.rollback) this.turn(event, false);
        break;
      default:
    }
    return [];
  }

  end(): string[] {
    return [...this.rollouts].flatMap(([rollout, { version, told, isBack }]) => {
      if (!isBack) return [];
      const there = [...told].filter((device) => !this.out.has(device) && this.runs.get(device) === version);
      return there.map((device) => `${rollout} is rolled back, and ${device} runs its version ${version}`);
    });
  }

  /** Who has it told of the version wants it there, whoever had before. */
  private dispatched(device: string, event: StoredEvent<'UpdateDispatched'>): void {
    const { rollout_id, rollback, version } = event.data;
    for (const rollout of this.rollouts.values()) if (rollout.version === version) rollout.told.delete(device);
    if (rollout_id === undefined || rollback || this.runs.get(device) === version) return;
    this.rollouts.get(within(event, rollout_id))?.told.add(device);
  }

  private turn(event: StoredEvent, isBack: boolean): void {
    const { rollout_id } = event.data as { rollout_id?: string };
    const known = rollout_id === undefined ? undefined : this.rollouts.get(within(event, rollout_id));
    if (known) known.isBack = isBack;
  }
}
