import type { DeviceFrame, Failed, Phase, Progress } from '@edgeflow/contracts';

/** At most four reports a second, unless the phase changes. */
const EVERY_MS = 250;
/** `Failed.message` has at most so many characters (libs/contracts, tunnel.ts). */
const MESSAGE_MAX = 1_024;

/**
 * Says how the update goes. Only the latest report counts: while the tunnel is down it waits, and progress is said again on every
 * new connection, since nobody knows what of the old one arrived.
 */
export class Reporter {
  private latest: Progress | Failed | undefined;
  private unsent = false;
  private sent_ms = 0;
  private timer: NodeJS.Timeout | undefined;
  private waiting: (() => void)[] = [];

  /**
   * @param send answers false when the tunnel is down
   * @param now a clock in milliseconds
   */
  constructor(
    private readonly send: (frame: DeviceFrame) => boolean,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param progress per cent of the whole update; cut to a whole number */
  progress(update_id: string, phase: Phase, progress: number): void {
    const report: Progress = { type: 'progress', update_id, phase, progress: Math.floor(progress) };
    const { latest } = this;
    const same = latest?.type === 'progress' && latest.update_id === update_id && latest.phase === phase;
    if (same && latest.progress === report.progress) return;
    this.put(report);
    if (!same) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), Math.max(0, EVERY_MS - (this.now() - this.sent_ms)));
  }

  failed(update_id: string, code: string, message: string): void {
    this.put({ type: 'failed', update_id, code, message: message.slice(0, MESSAGE_MAX) });
    this.flush();
  }

  /** Nothing is to be said any more. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.latest = undefined;
    this.unsent = false;
    this.settle();
  }

  /** A new connection: the progress again. A failure that went out is said again when the cloud offers its update again. */
  connected(): void {
    if (this.latest?.type === 'progress') this.unsent = true;
    this.flush();
  }

  /** Settles when the latest report went out, or the signal aborts. */
  flushed(signal: AbortSignal): Promise<void> {
    if (!this.unsent || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  private put(report: Progress | Failed): void {
    this.latest = report;
    this.unsent = true;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.latest || !this.unsent || !this.send(this.latest)) return;
    this.unsent = false;
    this.sent_ms = this.now();
    this.settle();
  }

  private settle(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
