import { REVOCATIONS, type EventLog, type StoredAt } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import { warnSparsely } from '@edgeflow/telemetry';
import { isOutage } from '../back-off.js';
import { deviceKey, type DeviceAddress } from '../devices/device-address.js';

/** What a session acts on: what is decided of its device's updates, and who else is let in or sends it away. */
const WATCHED = [
  ...['UpdateDispatched', 'UpdatePostponed', 'UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'].map(
    (type) => `ota.*.update.*.${type}`,
  ),
  'ota.*.device.*.DeviceConnected',
  ...REVOCATIONS,
];

/** So long, at least, a session has to hear of what is stored, in milliseconds: by a live event, or by the answer to what it wrote itself. */
const GRACE_MS = 1_000;

/** So often it is looked again, as long as a session does not know of it: the log may have lost it, or a lease may be over. */
const LOOKS = 3;

/** Who may have missed something. */
export interface Listener {
  /** @returns true for a session that does not know what is stored there, and looks now */
  misses(place: StoredAt): boolean;
}

/** The newest place of each stream, of what was stored about the same time. */
type Batch = Map<string, StoredAt>;

/**
 * Finds out which sessions have missed what is stored in their devices' streams, by one reading of where that is for all of them: a tunnel at which nothing
 * happens costs the log nothing.
 */
export class MissedEvents {
  private readonly stopping = new AbortController();
  private batch: Batch | undefined;
  private isFollowing = false;
  /** How often it began, or went on: the log may not be what it was then. */
  private beginnings = 0;

  /**
   * @param check_ms what is missed is looked for again after so long
   * @param sessionOf the session of a device, when it is here
   */
  constructor(
    private readonly log: Pick<EventLog, 'places' | 'epoch'>,
    private readonly clock: Clock,
    private readonly check_ms: number,
    private readonly sessionOf: (device: DeviceAddress) => Listener | undefined,
  ) {
    void this.follow();
  }

  stop(): void {
    this.stopping.abort();
  }

  /**
   * As long as it stays the same, a session that has looked at its streams hears of what it misses. Undefined while nobody would tell it; another one after a
   * loss of the connection, when the log may have lost its tail.
   */
  mark(): string | undefined {
    return this.isFollowing ? `${this.log.epoch} ${this.beginnings}` : undefined;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    const onFollowing = (isFollowing: boolean): void => {
      this.isFollowing = isFollowing;
      if (isFollowing) this.beginnings += 1;
    };
    while (!signal.aborted) {
      try {
        for await (const place of this.log.places(WATCHED, { signal, onFollowing })) this.take(place);
      } catch (error) {
        const why = 'where events are stored is not known: each session looks at its streams in its turn';
        if (!isOutage(error)) warnSparsely('places', { err: error }, why, this.clock);
      }
      await this.clock.sleep(this.check_ms, { signal, ref: false });
    }
  }

  private take(place: StoredAt): void {
    if (!this.batch) void this.look((this.batch = new Map()));
    const { org, entity, entity_id: device_id } = place;
    this.batch?.set(`${entity} ${deviceKey({ org, device_id })}`, place);
  }

  /** Twice at least: a session may have joined between, and have read of a replica that was behind. */
  private async look(batch: Batch): Promise<void> {
    const grace_ms = Math.min(GRACE_MS, this.check_ms / 2);
    await this.wait(grace_ms);
    this.batch = undefined;
    await this.wait(grace_ms);
    this.missedIn(batch);
    let left = batch;
    for (let n = 0; n < LOOKS && left.size > 0 && !this.stopping.signal.aborted; n++) {
      await this.wait(this.check_ms);
      left = this.missedIn(left);
    }
  }

  private missedIn(batch: Batch): Batch {
    const isMissed = ({ org, entity_id: device_id, ...place }: StoredAt): boolean =>
      this.sessionOf({ org, device_id })?.misses({ org, entity_id: device_id, ...place }) === true;
    return new Map([...batch].filter(([, place]) => isMissed(place)));
  }

  private wait(ms: number): Promise<void> {
    return this.clock.sleep(ms, { signal: this.stopping.signal, ref: false });
  }
}
