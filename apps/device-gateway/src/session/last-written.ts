import { Refused, type OtaEvent } from '@edgeflow/contracts';
import { holds, type EventLog, type Place, type StreamEnds } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';

/** An event of a session, and where it stands; with `ttl_s` the log keeps it so many seconds. */
export type Written = Place & Pick<OtaEvent, 'ttl_s'>;

/** What is asked of the log for it. */
export type LookedAt = Pick<EventLog, 'epoch' | 'halted' | 'markAt'>;

/**
 * True when the log has lost its tail with this event in it (ADR 0027).
 * @param ends of the event's stream, if they were read
 * @throws Refused `log-unavailable`; `log-diverged` while nobody may write: a better copy of the log may be put in the place of this one
 */
export async function isCutOff(log: LookedAt, place: Place, clock: Clock, ends?: StreamEnds): Promise<boolean> {
  const isIt = ({ position, id }: Place): boolean => position === place.position && id === place.id;
  if (ends && Object.values(ends.last).some(isIt)) return false;
  if (await holds(log, { position: place.position, mark: place.id }, clock)) return false;
  const reason = log.halted();
  if (reason !== undefined) throw new Refused('log-diverged', undefined, { reason });
  return true;
}

/** What a session wrote last. While it stands in the log, so does all that the session wrote before. */
export class LastWritten {
  private place: Place;
  /** By the steady clock; what is a lease leaves the log then. */
  private until_ms: number;
  /** The connection over which it was seen to be there. */
  private epoch: number;

  constructor(
    private readonly log: LookedAt,
    private readonly clock: Clock,
    { ttl_s = Infinity, ...place }: Written,
  ) {
    this.place = place;
    this.until_ms = clock.steady_ms() + ttl_s * 1_000;
    this.epoch = log.epoch;
  }

  /** @param written what was stored @param since_ms when it was begun with, by the steady clock */
  wrote({ ttl_s = Infinity, ...place }: Written, since_ms: number): void {
    if (place.position < this.place.position) return;
    this.place = place;
    this.until_ms = since_ms + ttl_s * 1_000;
  }

  /** True for the place of it. */
  is(place: Place | undefined): boolean {
    return place?.position === this.place.position && place.id === this.place.id;
  }

  /** True when the connection was lost since it was seen: the log may have come back without it. */
  get isInDoubt(): boolean {
    return this.epoch !== this.log.epoch;
  }

  /** True when the log has lost it. @param ends see `isCutOff` @throws Refused as there */
  async isLost(ends?: StreamEnds): Promise<boolean> {
    const { epoch } = this.log;
    const isLost = this.clock.steady_ms() < this.until_ms && (await isCutOff(this.log, this.place, this.clock, ends));
    this.epoch = epoch;
    return isLost;
  }
}
