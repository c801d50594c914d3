import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

/** Every device reaches an end: no update is open for longer than it may be, with what services need to say so. */
export class Deadlines implements Invariant {
  readonly name = 'every update has an end';
  /** When each of them ends at the latest. */
  private readonly open = new Map<string, number>();

  /** @param grace_ms what may pass until an end is written, once nothing is broken any more */
  constructor(private readonly grace_ms: number) {}

  observe(event: StoredEvent): string[] {
    switch (event.type) {
      case 'UpdateQueued':
      case 'UpdateDispatched':
      case 'UpdatePostponed':
      case 'UpdateRescheduled':
        this.open.set(within(event, event.data.update_id), Date.parse(event.data.deadline_at));
        break;
      case 'UpdateCompleted':
      case 'UpdateFailed':
      case 'UpdateCancelled':
        this.open.delete(within(event, event.data.update_id));
        break;
      default:
    }
    return [];
  }

  end(now: Date): string[] {
    return [...this.open].flatMap(([update, deadline_ms]) =>
      deadline_ms + this.grace_ms < now.getTime()
        ? [`${update} is open, and was to end by ${new Date(deadline_ms).toISOString()}`]
        : [],
    );
  }
}
