import type { Stage, StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

/** On the way back a device that reverts is brought back once more, and one that comes late is too (docs/rollouts.md, "Rollback"). */
const MORE_ON_THE_WAY_BACK = 2;
/** A device that comes back on its old version so often, without having got further, has failed (docs/rollouts.md, "States"). */
const BOOTS_MAX = 10;
/** The same, in as many words as the docs have it, and one more for what was on its way: a deadline that ends it later has stood in for somebody who does not count. */
const SILENT_BOOTS_MAX = 5;

interface Trying {
  update: string;
  old?: string;
  boots: Set<string>;
  /** Since the device has said last how far it is. */
  silent_boots: Set<string>;
}

/** No device is told more often than its rollout may try, nor does one fall back for ever in one update. */
export class Attempts implements Invariant {
  readonly name = 'no device is told more often than the limit';
  private readonly attempts = new Map<string, number>();
  private readonly tries = new Map<string, Map<string, number>>();
  private readonly trying = new Map<string, Trying>();

  observe(event: StoredEvent): string[] {
    const device = within(event, event.entity_id);
    switch (event.type) {
      case 'RolloutAccepted':
        this.attempts.set(within(event, event.data.rollout_id), event.data.spec.retry?.attempts ?? 0);
        return [];
      case 'RolloutRetried':
        this.tries.delete(of(event, event.data.rollout_id, event.data.stage ?? 'forward'));
        return [];
      case 'RollbackTriggered':
        this.tries.delete(of(event, event.data.rollout_id, 'rollback'));
        return [];
      case 'DeviceRemoved':
        for (const devices of this.tries.values()) devices.delete(device);
        return [];
      case 'UpdateQueued':
        this.trying.delete(device);
        return this.queued(event);
      case 'UpdateDispatched':
        this.trying.set(device, {
          ...{ update: within(event, event.data.update_id), boots: new Set(), silent_boots: new Set() },
          ...(event.data.from_version !== undefined && { old: event.data.from_version }),
        });
        return [];
      case 'DeviceVersionReported':
        return this.boots(device, event.data);
      case 'DeviceProgressReported':
        this.trying.get(device)?.silent_boots.clear();
        return [];
      case 'UpdateCompleted':
      case 'UpdateFailed':
      case 'UpdateCancelled':
        return this.ended(device, event);
      default:
        return [];
    }
  }

  /** What the orchestrator had not seen yet, it has by now. */
  end(): string[] {
    return [...this.trying].flatMap(([device, { update, boots }]) =>
      boots.size > BOOTS_MAX ? [`${device} came back ${boots.size} times, and is still told ${update}`] : [],
    );
  }

  private queued(event: StoredEvent<'UpdateQueued'>): string[] {
    const { rollout_id, rollback, update_id } = event.data;
    if (rollout_id === undefined) return [];
    const stage = rollback ? 'rollback' : 'forward';
    const policy = this.attempts.get(within(event, rollout_id));
    // One device by itself goes back under an id of its own, once.
    const most = 1 + (policy ?? 0) + (rollback ? MORE_ON_THE_WAY_BACK : 0);
    const devices = at(this.tries, of(event, rollout_id, stage), () => new Map<string, number>());
    const device = within(event, event.entity_id);
    const tries = (devices.get(device) ?? 0) + 1;
    devices.set(device, tries);
    return tries > most ? [`${update_id} is try ${tries} of ${rollout_id} (${stage}), and ${most} are allowed`] : [];
  }

  private boots(device: string, { version, boot_id, untold }: StoredEvent<'DeviceVersionReported'>['data']): string[] {
    const trying = this.trying.get(device);
    if (trying && boot_id !== undefined && untold !== true && version === trying.old)
      for (const boots of [trying.boots, trying.silent_boots]) boots.add(boot_id);
    return [];
  }

  private ended(
    device: string,
    { data }: StoredEvent<'UpdateCompleted' | 'UpdateFailed' | 'UpdateCancelled'>,
  ): string[] {
    const { update, silent_boots: { size } = new Set() } = this.trying.get(device) ?? {};
    this.trying.delete(device);
    const isLate = size >= SILENT_BOOTS_MAX && 'code' in data && data.code === 'deadline-exceeded';
    return isLate ? [`${device} came back ${size} times without a word, and ${update} ended by its deadline`] : [];
  }
}

function of(event: StoredEvent, rollout_id: string, stage: Stage): string {
  return `${within(event, rollout_id)}/${stage}`;
}
