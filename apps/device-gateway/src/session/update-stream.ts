import { updateStream, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { outlasting } from '../back-off.js';
import type { DeviceAddress } from '../devices/device-address.js';
import { bornAfter, openDispatchIn } from './device-stream.js';

/** Where the stream is, and how it is waited for. */
interface Watched {
  log: Pick<EventLog, 'lastOfEach' | 'lastPosition' | 'live'>;
  machine: Machine;
}

/** What a session sees of its device's update stream: live events, and the stream itself, since live events may be missed. */
export class UpdateStream {
  private checking = false;
  /** How far the stream was read; it is read again when it is longer. */
  private readTo: number | undefined;
  private stopWatching: (() => void) | undefined;

  /**
   * @param onEvents takes what was seen, `whole` when the stream was read
   * @param wanted false once the session needs no more of it
   */
  constructor(
    private readonly at: Watched,
    private readonly device: DeviceAddress & { born_after: number },
    private readonly onEvents: (events: readonly StoredEvent[], whole: boolean) => void,
    private readonly wanted: () => boolean,
  ) {}

  /** Hears of live events until `stop`. */
  watch(): void {
    const { org, device_id, born_after } = this.device;
    this.stopWatching = this.at.log.live(org, device_id, (event) => {
      if (event.position > born_after) this.onEvents([event], false);
    });
  }

  stop(): void {
    this.stopWatching?.();
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
    const stream = updateStream(this.device);
    if (this.readTo !== undefined && (await this.at.log.lastPosition(stream)) === this.readTo) return;
    const ends = bornAfter(await this.at.log.lastOfEach(stream), this.device.born_after);
    this.readTo = ends.position;
    const open = openDispatchIn(ends);
    // One that has ended, be it in words that are not known here, is not begun again.
    const events = Object.values(ends.last).filter((event) => event.type !== 'UpdateDispatched' || event === open);
    this.onEvents(events, true);
  }
}
