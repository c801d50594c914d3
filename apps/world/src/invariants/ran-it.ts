import type { StoredEvent } from '@edgeflow/contracts';
import type { Ran } from '../devices/diary.js';
import { within, type Invariant } from './invariant.js';

/** What a device has run between two times, as milliseconds since 1970; of two that share an id, either. */
export type RanBetween = (org: string, device_id: string, from: number, to: number) => readonly Ran[];

/** Whom the record calls completed ran that image, while the update was open: by what the device itself knows, not by what it said. */
export class RanIt implements Invariant {
  readonly name = 'who has completed an update ran its image';
  private readonly queued = new Map<string, number>();
  /** Of the images of a version, whatever the model. */
  private readonly images = new Map<string, Set<string>>();

  constructor(private readonly ran: RanBetween) {}

  observe(event: StoredEvent): string[] {
    switch (event.type) {
      case 'FirmwareUploaded': {
        const key = within(event, event.data.version);
        this.images.set(key, new Set([...(this.images.get(key) ?? []), event.data.sha256]));
        return [];
      }
      case 'UpdateQueued':
        this.queued.set(within(event, event.data.update_id), storedAt(event));
        return [];
      case 'UpdateCompleted':
        return this.completed(event);
      default:
        return [];
    }
  }

  end(): string[] {
    return [];
  }

  private completed(event: StoredEvent<'UpdateCompleted'>): string[] {
    const { org, data } = event;
    const { update_id, device_id, version } = data;
    const from = this.queued.get(within(event, update_id)) ?? storedAt(event);
    const ran = this.ran(org, device_id, from, storedAt(event)).filter((one) => one.version === version);
    if (ran.length === 0)
      return [`${update_id} is completed, and ${device_id} did not run ${version} while it was open`];
    const images = this.images.get(within(event, version));
    const isOfIt = ran.some(({ sha256 }) => sha256 === undefined || images?.has(sha256));
    return isOfIt ? [] : [`${update_id} is completed, and what ${device_id} ran is no image of ${version}`];
  }
}

function storedAt({ stored_at, time }: StoredEvent): number {
  return Date.parse(stored_at ?? time);
}
