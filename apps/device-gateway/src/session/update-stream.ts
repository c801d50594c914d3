import { updateStream, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog, Place, StreamEnds } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { outlasting } from '../back-off.js';
import type { DeviceAddress } from '../devices/device-address.js';
import { bornAfter, openDispatchIn } from './device-stream.js';
import { isCutOff, type LookedAt } from './last-written.js';

/** Where the stream is, and how it is waited for. */
interface Watched {
  log: Pick<EventLog, 'lastOfEach' | 'live' | 'newest'> & LookedAt;
  machine: Machine;
}

/** Who is told what is seen of the stream. */
interface Watcher {
  /** `whole` when the stream was read. */
  seen: (events: readonly StoredEvent[], whole: boolean) => void;
  /** The log has lost what was seen of it. */
  lost: () => void;
}

/** What a session sees of its device's update stream: live events, and the stream itself, since live events may be missed. */
export class UpdateStream {
  private checking = false;
  /** The newest event when the stream was read, undefined for none: it is read again when there is another one. */
  private readTo: Place | undefined;
  private wasRead = false;
  /** The newest event that was seen, read or live. */
  private known: Place | undefined;
  private stopWatching: (() => void) | undefined;
  private isOver = false;
  /** Live events from before somebody asked for the stream. */
  private early: StoredEvent[] | undefined = [];
  /** The stream as it was before the device joined, and the connection over which it was read. */
  private first: { whole: StreamEnds; epoch: number } | undefined;

  /**
   * @param wanted false once the session needs no more of it
   */
  constructor(
    private readonly at: Watched,
    private readonly device: DeviceAddress & { born_after: number },
    private readonly watcher: Watcher,
    private readonly wanted: () => boolean,
  ) {}

  /** Hears of live events until `stop`; they wait for the first `check`. */
  watch(): void {
    if (this.stopWatching || this.isOver) return;
    const { org, device_id, born_after } = this.device;
    this.stopWatching = this.at.log.live(org, device_id, (event) => {
      this.saw([event]);
      if (event.position <= born_after) return;
      if (this.early) this.early.push(event);
      else this.watcher.seen([event], false);
    });
  }

  stop(): void {
    this.isOver = true;
    this.stopWatching?.();
  }

  /** True when what stands there was seen, live or read. */
  knows(position: number): boolean {
    return position <= (this.known?.position ?? 0);
  }

  /**
   * Reads the stream for whoever joins, and hears of live events from then on, so that the first `check` need not read it again.
   * @returns it, without what is of a device that had the id before. @throws Refused `log-unavailable`
   */
  async ahead(): Promise<StreamEnds> {
    this.watch();
    const { epoch } = this.at.log;
    const whole = await this.at.log.lastOfEach(updateStream(this.device));
    this.first = { whole, epoch };
    return bornAfter(whole, this.device.born_after);
  }

  /** Reads the stream when it is longer than before; again and again while the log is away. */
  async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    try {
      await outlasting(() => this.read(), { wanted: this.wanted }, this.at.machine);
    } finally {
      this.checking = false;
    }
  }

  private async read(): Promise<void> {
    const { log, machine } = this.at;
    const stream = updateStream(this.device);
    if (this.wasRead && isSame(await log.newest(stream), this.readTo)) return;
    const whole = this.readAhead() ?? (await log.lastOfEach(stream));
    if (this.known && (await isCutOff(log, this.known, machine.clock, whole))) return this.watcher.lost();
    const all = [...Object.values(whole.last), ...whole.unread];
    this.wasRead = true;
    this.readTo = all.find(({ position }) => position === whole.position);
    this.saw(all);
    const ends = bornAfter(whole, this.device.born_after);
    const open = openDispatchIn(ends);
    // One that has ended, be it in words that are not known here, is not begun again.
    const events = Object.values(ends.last).filter((event) => event.type !== 'UpdateDispatched' || event === open);
    const early = this.early ?? [];
    this.early = undefined;
    this.watcher.seen([...events, ...early], true);
  }

  /** What was read before, if nothing can have been missed since. */
  private readAhead(): StreamEnds | undefined {
    const { first, isOver } = this;
    this.first = undefined;
    return first && !isOver && first.epoch === this.at.log.epoch ? first.whole : undefined;
  }

  private saw(events: readonly Place[]): void {
    for (const { id, position } of events) if (position > (this.known?.position ?? 0)) this.known = { id, position };
  }
}

function isSame(one: Place | undefined, other: Place | undefined): boolean {
  return one?.position === other?.position && one?.id === other?.id;
}
