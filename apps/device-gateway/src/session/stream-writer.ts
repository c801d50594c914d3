import { given, isBulk, Refused, type OtaEvent, deviceStream } from '@edgeflow/contracts';
import { AlreadyAppended, Conflict, DECISIONS_MAX } from '@edgeflow/event-log';
import { inSpan, logger } from '@edgeflow/telemetry';
import { outlasting } from '../back-off.js';
import { oustedBy } from './device-stream.js';
import { logCut, logUnavailable, replaced, type Ending } from './ending.js';
import { LastWritten, type Written } from './last-written.js';
import type { SharedLog } from './join-session.js';
import { type AuthorizedSession } from './session.events.js';
import { traced } from './traced.js';

/** What a session writes to its device's stream. */
export interface Write {
  event: OtaEvent;
  /** The trace that led to it. */
  parent?: string | undefined;
  /** A newer write of this kind takes the place of one that waits at the end of the queue. */
  latest?: string;
  /** True for what stays true when another session has taken over, e.g. the goodbye. */
  outlives?: boolean;
}

/** Writes that may wait for the log. More means an outage with a device that will not be quiet. */
const QUEUE_MAX = 64;

const always = { wanted: () => true };

/**
 * Writes what one session says, one event after the other, each saying what it has seen of the stream (docs/architecture.md, "The log"). While the
 * log is away it waits. When somebody else has written, it looks who: another session of the device, or its revocation, ends this one.
 */
export class StreamWriter {
  private readonly queue: Write[] = [];
  private draining: Promise<void> = Promise.resolve();
  private busy = false;
  private oustedAs: Ending | undefined;
  private readonly last: LastWritten;

  /** The stream's last position that this session knows of. */
  private seen: number;

  /**
   * @param from how far this session has seen the stream, and what it wrote last
   * @param onOusted told, at most once, why the session must end
   */
  constructor(
    private readonly at: SharedLog,
    private readonly session: AuthorizedSession,
    { seen, written }: { seen: number; written: Written },
    private readonly onOusted: (ending: Ending) => void,
  ) {
    this.seen = seen;
    this.last = new LastWritten(at.log, at.machine.clock, written);
  }

  /** Takes a write; it is stored in its turn. */
  write(write: Write): void {
    if (this.isVain(write)) return;
    const waiting = this.queue.at(-1);
    if (write.latest !== undefined && waiting?.latest === write.latest) this.queue.pop();
    this.queue.push(write);
    if (this.queue.length > QUEUE_MAX) this.oust(logUnavailable);
    if (!this.busy) this.draining = this.drain();
  }

  /** True when the stream was seen up to there, or will be by what is being written. */
  knows(position: number): boolean {
    return this.busy || position <= this.seen;
  }

  /** Settles when everything taken so far is stored or dropped. */
  idle(): Promise<void> {
    return this.draining;
  }

  /** Looks whether the stream has moved on by another hand, or has lost its end. @throws Refused `log-unavailable` */
  async verify(): Promise<void> {
    if (this.busy) return;
    const newest = await this.at.log.newest(deviceStream(this.session));
    const isAsLeft = newest?.position === this.seen && (this.last.is(newest) || !this.last.isInDoubt);
    if (!isAsLeft && !this.busy) await this.lookAgain();
  }

  private async drain(): Promise<void> {
    this.busy = true;
    for (let write = this.queue.shift(); write; write = this.queue.shift()) {
      if (this.isVain(write)) continue;
      try {
        await this.store(write);
      } catch (error) {
        logger.error({ err: error, ...this.session, type: write.event.type }, 'an event of a tunnel was lost');
      }
    }
    this.busy = false;
  }

  private async store(write: Write): Promise<void> {
    for (let n = 1; n <= DECISIONS_MAX; n++) {
      if (!this.last.isInDoubt && (await this.append(write))) return;
      await outlasting(() => this.lookAgain(), always, this.at.machine);
      if (this.isVain(write)) return;
    }
    throw new Conflict([]);
  }

  /** @returns false when somebody else wrote meanwhile */
  private async append({ event, parent }: Write): Promise<boolean> {
    const attempt = () => this.stored(event).catch((error: unknown) => this.givingWay(event, error));
    try {
      const write = () => inSpan(`report ${event.type}`, { parent }, attempt);
      const position = await outlasting(write, always, this.at.machine);
      this.seen = Math.max(this.seen, position ?? 0);
      return true;
    } catch (error) {
      if (error instanceof AlreadyAppended) return true;
      if (error instanceof Conflict) return false;
      throw error;
    }
  }

  /**
   * A log that is nearly full, or an organization's budget that is used up, takes no progress and no leases, and still takes the end of an
   * update: what waits behind must not wait for room. Nothing is lost by it that is not said again.
   * @returns what was seen, for an event that is dropped @throws the error, for one that waits
   */
  private givingWay(event: OtaEvent, error: unknown): number {
    const isFull = error instanceof Refused && ['log-full', 'too-many-requests'].includes(error.code);
    const isGoodbye = event.type === 'DeviceDisconnected';
    if (isFull && this.queue.length > 0 && isBulk(event) && !isGoodbye) return this.seen;
    throw error;
  }

  private async stored(event: OtaEvent): Promise<number> {
    const since_ms = this.at.machine.clock.steady_ms();
    const position = await this.put(event);
    const written = { id: event.id, position, ...given({ ttl_s: event.ttl_s }) };
    this.last.wrote(written, since_ms);
    if (event.type === 'DeviceDisconnected') this.at.lastGoodbye.said(written);
    return position;
  }

  /** Goodbyes and leases come by the hundred, when the network or a proxy goes and when a lease is over; everything else in its own time. */
  private async put(event: OtaEvent): Promise<number> {
    const { log, commits } = this.at;
    if (event.type === 'DeviceDisconnected' || event.type === 'DeviceConnected')
      return commits.append(deviceStream(this.session), [traced(event)], { after: this.seen });
    return (await log.append([event], { after: this.seen })).last;
  }

  private async lookAgain(): Promise<void> {
    const stream = await this.at.log.lastOfEach(deviceStream(this.session));
    const isLost = await this.last.isLost(stream);
    this.seen = stream.position;
    const ending = oustedBy(stream, this.session);
    if (isLost && (!ending || ending === replaced)) this.oust(logCut);
    else if (ending) this.oust(ending);
  }

  private oust(ending: Ending): void {
    if (this.oustedAs) return;
    this.oustedAs = ending;
    this.onOusted(ending);
  }

  /**
   * The hello of the session after it says as well that this one is over: where many wait to write, its goodbye is left unsaid. Tried again and again
   * in the streams of 10,000 devices that reboot all the time, goodbyes kept everything else from being stored.
   */
  private isVain({ outlives = false }: Write): boolean {
    if (!this.oustedAs) return false;
    return !outlives || (this.oustedAs === replaced && this.at.commits.isCrowded);
  }
}
