import { EventEmitter, once } from 'node:events';
import {
  FAILURE_MESSAGE_MAX,
  beginningOf,
  type DeviceFrame,
  type Failed,
  type Phase,
  type Progress,
} from '@edgeflow/contracts';
import type { Clock, Stop } from '@edgeflow/runtime';

/** At most four reports a second, unless the phase changes. */
const EVERY_MS = 250;

/**
 * Says how the update goes. Only the latest report counts: while the tunnel is down it waits, and progress is said again on every
 * new connection, since nobody knows what of the old one arrived.
 */
export class Reporter {
  private latest: Progress | Failed | undefined;
  private unsent = false;
  private sent_ms = 0;
  private timer: Stop | undefined;
  private readonly news = new EventEmitter();

  /** @param send answers false when the tunnel is down */
  constructor(
    private readonly send: (frame: DeviceFrame) => boolean,
    private readonly clock: Clock,
  ) {}

  /** @param progress per cent of the whole update; cut to a whole number */
  progress(update_id: string, phase: Phase, progress: number): void {
    const report: Progress = { type: 'progress', update_id, phase, progress: Math.floor(progress) };
    const { latest } = this;
    const same = latest?.type === 'progress' && latest.update_id === update_id && latest.phase === phase;
    if (same && latest.progress === report.progress) return;
    this.put(report);
    if (!same) this.flush();
    else this.timer ??= this.clock.after(this.left_ms(), () => this.flush());
  }

  failed(update_id: string, code: string, message: string): void {
    this.put({ type: 'failed', update_id, code, message: beginningOf(message, FAILURE_MESSAGE_MAX) });
    this.flush();
  }

  /** Nothing is to be said any more. */
  clear(): void {
    this.timer?.();
    this.timer = undefined;
    this.latest = undefined;
    this.unsent = false;
    this.news.emit('sent');
  }

  /** A new connection: the progress again. A failure that went out is said again when the cloud offers its update again. */
  connected(): void {
    if (this.latest?.type === 'progress') this.unsent = true;
    this.flush();
  }

  /** Settles when the latest report went out, or the signal aborts. */
  async flushed(signal: AbortSignal): Promise<void> {
    if (this.unsent) await once(this.news, 'sent', { signal }).catch(() => undefined);
  }

  /** Until the next report may go out. */
  private left_ms(): number {
    return Math.max(0, EVERY_MS - (this.clock.steady_ms() - this.sent_ms));
  }

  private put(report: Progress | Failed): void {
    this.latest = report;
    this.unsent = true;
  }

  private flush(): void {
    this.timer?.();
    this.timer = undefined;
    if (!this.latest || !this.unsent || !this.send(this.latest)) return;
    this.unsent = false;
    this.sent_ms = this.clock.steady_ms();
    this.news.emit('sent');
  }
}
