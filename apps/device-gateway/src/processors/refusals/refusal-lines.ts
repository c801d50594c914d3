import type { Clock, Stop } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import { streakKey, type Streak } from './streak.js';
import type { Refusal } from '../../devices/refusal.js';

const MINUTE_MS = 60_000;
/** Lines in a minute: what more devices are refused is one line together. */
const LINES_MAX = 100;

/**
 * Says in the log what was refused: a line at the first time, and one for all that follow within the minute, of each device and reason.
 * Whoever is not named, or one too many, is counted with the others.
 */
export class RefusalLines {
  private minute = new Map<string, Pick<Streak, 'refusal' | 'count'>>();
  private others = 0;
  private stopWaiting: Stop | undefined;

  constructor(private readonly clock: Clock) {}

  note(refusal: Refusal): void {
    this.stopWaiting ??= this.clock.after(MINUTE_MS, () => this.turn(), { ref: false });
    const key = streakKey(refusal);
    const known = this.minute.get(key);
    if (known) this.minute.set(key, { refusal, count: known.count + 1 });
    else if (this.minute.size < LINES_MAX) {
      this.minute.set(key, { refusal, count: 0 });
      say(refusal, 1);
    } else this.others += 1;
  }

  /** Says what is left to be said. */
  stop(): void {
    this.stopWaiting?.();
    this.turn();
  }

  private turn(): void {
    for (const { refusal, count } of this.minute.values()) if (count > 0) say(refusal, count);
    if (this.others > 0) logger.warn({ count: this.others }, 'further devices were refused');
    this.minute = new Map();
    this.others = 0;
    this.stopWaiting = undefined;
  }
}

function say({ device, what, code, detail }: Refusal, count: number): void {
  const text = what === 'tunnel' ? 'a request for a tunnel was refused' : 'what a device said was not taken';
  logger.warn({ ...device, code, detail, count }, text);
}
