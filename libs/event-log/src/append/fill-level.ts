import { isBulk, Refused, type OtaEvent } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import type { Checked } from '../connection/periodic-check.js';
import { stateOf } from '../connection/stream.js';
import { fillRatio } from '../metrics.js';
import type { Fill } from '../types.js';

/** From here on somebody should look. */
const HIGH = 0.8;
/** From here on the room is kept for control (ADR-0020). */
const RESERVED = 0.9;
/** The server refuses what does not fit, so that the last bytes may never be filled. */
const FULL = 0.99;

/** How full the log is: looked at every two seconds, and reckoned on with what this process appends in between. */
export class FillLevel implements Checked, Fill {
  private bytes = 0;
  private max_bytes = Infinity;
  readonly unseen = 'the fill level of the log cannot be seen';

  constructor(private readonly connection: Connection) {}

  async look(): Promise<void> {
    const { bytes, max_bytes } = await stateOf(this.connection);
    Object.assign(this, { bytes, max_bytes });
    fillRatio.set(this.ratio);
  }

  get ratio(): number {
    return this.max_bytes === Infinity ? 0 : Math.min(1, this.bytes / this.max_bytes);
  }

  get hasRoom(): boolean {
    return this.ratio < RESERVED;
  }

  get isFull(): boolean {
    return this.ratio >= FULL;
  }

  get reason(): string | undefined {
    if (this.ratio < HIGH) return undefined;
    const percent = Math.floor(this.ratio * 100);
    const said = this.isFull
      ? 'it refuses everything'
      : this.hasRoom
        ? 'look before it is'
        : 'it takes only what stops or ends something';
    return `the event log is ${percent} % full (${this.bytes} of ${this.max_bytes} bytes): ${said}`;
  }

  /** Something was stored, of about so many bytes. */
  grew(bytes: number): void {
    this.bytes += bytes;
  }

  /** The server had no room. */
  refused(): void {
    if (this.max_bytes !== Infinity) this.bytes = Math.max(this.bytes, this.max_bytes);
  }

  /** @throws Refused `log-full` for events that have to leave the rest of the room to others */
  admit(events: readonly OtaEvent[]): void {
    if (this.hasRoom || !events.every(isBulk)) return;
    throw new Refused(
      'log-full',
      'The event log is nearly full: what is left is kept for what stops or ends something',
    );
  }
}
