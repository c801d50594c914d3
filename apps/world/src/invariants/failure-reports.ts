import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

const ENDS: readonly string[] = ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'];

/** So long a report may wait for whoever decides, in milliseconds: a deadline that ends its update later than that has stood in for somebody who was deaf. */
const PATIENCE_MS = 60_000;

/** A report is never lost: an update that somebody says has failed comes to an end, whatever the words. */
export class FailureReports implements Invariant {
  readonly name = 'every report of failure ends its update';
  /** Told and open, by device. */
  private readonly told = new Map<string, string>();
  private readonly reported = new Map<string, { position: number; at_ms: number }>();

  observe(event: StoredEvent): string[] {
    const device = within(event, event.entity_id);
    switch (event.type) {
      case 'UpdateDispatched':
        this.told.set(device, within(event, event.data.update_id));
        break;
      case 'DeviceUpdateReported':
        this.says(device, within(event, event.data.update_id), event);
        break;
      case 'DeviceVersionReported':
        if (event.data.failed) this.says(device, within(event, event.data.failed.update_id), event);
        break;
      default:
        if (ENDS.includes(event.type)) return this.over(event as StoredEvent<'UpdateFailed'>);
    }
    return [];
  }

  end(): string[] {
    return [...this.reported].map(
      ([update, { position }]) => `${update} is open, though position ${position} says that it has failed`,
    );
  }

  private says(device: string, update: string, event: StoredEvent): void {
    if (this.told.get(device) !== update || this.reported.has(update)) return;
    this.reported.set(update, { position: event.position, at_ms: storedMs(event) });
  }

  private over(event: StoredEvent<'UpdateFailed'>): string[] {
    const update = within(event, event.data.update_id);
    this.told.delete(within(event, event.entity_id));
    const reported = this.reported.get(update);
    this.reported.delete(update);
    const isDeaf = reported !== undefined && storedMs(event) - reported.at_ms > PATIENCE_MS;
    return isDeaf && event.data.code === 'deadline-exceeded'
      ? [`${update} ends by its deadline, though position ${reported.position} says that it has failed`]
      : [];
  }
}

function storedMs({ stored_at, time }: StoredEvent): number {
  return Date.parse(stored_at ?? time);
}
