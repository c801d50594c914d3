import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

/** Where a device is not told at all, its update is over before it began: that is an answer, and no update was. */
const ANSWERS: readonly string[] = ['UpdateRejected', 'UpdateSkipped'];
/** Somebody has a rollout try once more; a rollback that was stopped goes on as a whole. */
const AGAIN: readonly string[] = ['RolloutRetried', 'RollbackTriggered'];
const ENDS: readonly string[] = [
  ...['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'],
  ...['UpdateSkipped', 'UpdateRejected'],
];
/** A success that a rollout counts no more, since its device is elsewhere by somebody's order or out of service (docs/rollouts.md, "States"). */
const NO_MORE_COUNTED: readonly string[] = ['superseded', 'device-revoked', 'device-removed'];

/** An update has one end, a device one open update, and nothing is offered or taken back that was not begun. */
export class UpdateEnds implements Invariant {
  readonly name = 'one end of each update, one open update of a device';
  private readonly ended = new Map<string, string>();
  private readonly open = new Map<string, string>();
  private readonly begun = new Set<string>();
  private readonly numbers = new Map<string, number>();
  /** Where an update was answered, and where somebody last had a rollout try once more: positions. */
  private readonly answered = new Map<string, number>();
  private readonly retried = new Map<string, number>();
  /** How often an open update may still be told: once, and once more each time that its device puts it off. */
  private readonly tellings = new Map<string, number>();

  observe(event: StoredEvent): string[] {
    if (AGAIN.includes(event.type)) this.retried.set(within(event, event.entity_id), event.position);
    if (event.entity !== 'update' || !('update_id' in event.data)) return [];
    const device = within(event, event.entity_id);
    const update = within(event, String(event.data.update_id));
    switch (event.type) {
      case 'UpdateQueued':
        return this.queued(device, update, event);
      case 'UpdateDispatched':
        return this.open.get(device) === update ? this.told(update) : [`${update} is not open`];
      case 'UpdatePostponed':
        this.tellings.set(update, (this.tellings.get(update) ?? 0) + 1);
        return this.open.get(device) === update ? [] : [`${update} is not open`];
      case 'UpdateReverted':
        return this.takenBack(update, event.type, event.data.rollback === true);
      default:
        return ENDS.includes(event.type) ? this.over(device, update, event) : [];
    }
  }

  end(): string[] {
    return [];
  }

  private queued(device: string, update: string, event: StoredEvent<'UpdateQueued'>): string[] {
    const faults: string[] = [];
    const { number } = event.data;
    const before = this.ended.get(update);
    const open = this.open.get(device);
    if (open !== undefined) faults.push(`${update} begins while ${open} is open`);
    if (before !== undefined && !this.isAskedAgain(update, event)) faults.push(`${update} begins after ${before}`);
    this.ended.delete(update);
    this.begun.add(update);
    const last = this.numbers.get(device) ?? 0;
    if (number !== last + 1) faults.push(`${update} is number ${number} after ${last}`);
    this.open.set(device, update);
    this.numbers.set(device, number);
    this.tellings.set(update, 1);
    return faults;
  }

  private told(update: string): string[] {
    const left = this.tellings.get(update) ?? 0;
    this.tellings.set(update, left - 1);
    return left > 0 ? [] : [`${update} is told once more, and nobody has put it off`];
  }

  private over(device: string, update: string, event: StoredEvent): string[] {
    const one = event as StoredEvent<'UpdateSkipped'>;
    const { type, data }: { type: string; data: StoredEvent<'UpdateSkipped'>['data'] } = one;
    const before = this.ended.get(update);
    if (type === 'UpdateSkipped' && before === 'UpdateCompleted' && NO_MORE_COUNTED.includes(data.code))
      return this.takenBack(update, type, false);
    const isAskedAgain = this.isAskedAgain(update, one);
    this.ended.set(update, type);
    this.answered.set(update, event.position);
    const isOpen = this.open.get(device) === update;
    if (isOpen) this.open.delete(device);
    if (before !== undefined && !isAskedAgain) return [`${update} had ended by ${before}`];
    // What was never accepted may be answered all the same; what ends otherwise had begun.
    return isOpen || ANSWERS.includes(type) ? [] : [`${update} is not open`];
  }

  /**
   * Who was not told by a rollout (the registry has nothing for it, it is revoked) waits once more when somebody has that rollout try again
   * (docs/rollouts.md, "Rollback"): by the same id, by which no update has begun.
   */
  private isAskedAgain(update: string, { org, data }: StoredEvent<'UpdateQueued' | 'UpdateSkipped'>): boolean {
    if (data.rollout_id === undefined || this.begun.has(update)) return false;
    const retried = this.retried.get(within({ org }, data.rollout_id));
    return retried !== undefined && retried > (this.answered.get(update) ?? 0);
  }

  /** @param isWayBack a device that was left where it was, or is back, is so no more once it runs again what it was to leave */
  private takenBack(update: string, type: string, isWayBack: boolean): string[] {
    const before = this.ended.get(update);
    this.ended.set(update, type);
    const isOver = before === 'UpdateCompleted' || (isWayBack && before === 'UpdateSkipped');
    return isOver ? [] : [`${update} is taken back after ${before ?? 'no end'}`];
  }
}
