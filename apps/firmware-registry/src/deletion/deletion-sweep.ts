import type { StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import { RepeatedWork } from '../processors/repeated-work.js';
import type { Deletions } from './deletions.js';

/** How often it looks whether there is anything to go on with, in milliseconds. */
const EVERY_MS = 10_000;
/** Looks between two at the log without an occasion: another registry may have died over a deletion. */
const IDLE_LOOKS = 60;

/** Goes on with deletions that whoever asked does not wait for any more, or that a crash has interrupted. */
export class DeletionSweep extends RepeatedWork {
  private looks = 0;

  constructor(
    private readonly log: EventLog,
    private readonly deletions: Deletions,
    clock: Clock,
  ) {
    super({ clock, ms: EVERY_MS }, 'could not go on with deletions of firmware; the next look will');
  }

  /** Sweeps once. @returns how many wait for their answer @throws Refused `log-unavailable` */
  async run(): Promise<number> {
    let open = 0;
    for (const { org, data } of await this.proposed()) if ((await this.deletions.resume(org, data)).open) open += 1;
    return open;
  }

  /** What is to be deleted and is not, be it that somebody needs it. */
  private async proposed(): Promise<StoredEvent<'FirmwareDeletionProposed'>[]> {
    const filters = ['FirmwareDeletionProposed', 'FirmwareDeleted'].map((type) => `ota.*.firmware.*.${type}`);
    const found = new Map<string, StoredEvent<'FirmwareDeletionProposed'>>();
    for await (const event of this.log.scanLast(filters)) {
      const stream = `${event.org}/${event.entity_id}`;
      if (event.type === 'FirmwareDeletionProposed') found.set(stream, event);
      else found.delete(stream);
    }
    return [...found.values()];
  }

  /** The first look after a start finds what the process before it has left. */
  protected async turn(): Promise<void> {
    const isDue = this.looks++ % IDLE_LOOKS === 0;
    if (!isDue && !this.deletions.unanswered) return;
    try {
      this.deletions.unanswered = false;
      this.deletions.unanswered ||= (await this.run()) > 0;
    } catch (error) {
      this.deletions.unanswered = true;
      throw error;
    }
  }
}
