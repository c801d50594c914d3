import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

/** Whether the disk of a device had no room at any time between two, as milliseconds since 1970. */
export type WasFull = (org: string, device_id: string, from: number, to: number) => boolean;

const FULL = 'storage-full';

/**
 * A disk that has room again takes an image again: a device that says that there is none says so of a disk that was full while the update was open
 * (docs/device-protocol.md, `storage-full`; docs/faults.md, "make room; order again").
 */
export class FullDisks implements Invariant {
  readonly name = 'a disk that has room again takes an image';
  private readonly queued = new Map<string, number>();

  constructor(private readonly wasFull: WasFull) {}

  observe(event: StoredEvent): string[] {
    switch (event.type) {
      case 'UpdateQueued':
        this.queued.set(within(event, event.data.update_id), storedAt(event));
        return [];
      case 'DeviceUpdateReported':
        return event.data.reported_by === 'device' ? this.said(event, event.data) : [];
      case 'DeviceVersionReported':
        return event.data.failed ? this.said(event, event.data.failed) : [];
      default:
        return [];
    }
  }

  end(): string[] {
    return [];
  }

  private said(event: StoredEvent, { update_id, code }: { update_id: string; code: string }): string[] {
    const from = this.queued.get(within(event, update_id));
    if (code !== FULL || from === undefined) return [];
    return this.wasFull(event.org, event.entity_id, from, storedAt(event))
      ? []
      : [`${event.entity_id} says of ${update_id} that its disk is full, and it had room while that was open`];
  }
}

function storedAt({ stored_at, time }: StoredEvent): number {
  return Date.parse(stored_at ?? time);
}
