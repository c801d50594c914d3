import { EventEmitter, once } from 'node:events';

/** An unanswered request for a URL is sent again after so long, in milliseconds: the tunnel may have been down. */
const ASK_AGAIN_MS = 10_000;

/** The download URL of one update: the newest that the cloud gave, or a fresh one on request. */
export class DownloadUrl {
  private readonly arrivals = new EventEmitter();
  private current: { url: string; expires_ms: number } | undefined;

  /**
   * @param ask sends the request for a fresh URL, if it can
   * @param now the cloud's time, milliseconds since 1970
   */
  constructor(
    private readonly ask: () => void,
    private readonly now: () => number,
  ) {}

  /** The cloud gave a URL; it is good until `url_expires_at`. */
  set(url: string, url_expires_at: string): void {
    this.current = { url, expires_ms: Date.parse(url_expires_at) };
    this.arrivals.emit('arrival');
  }

  /** The URL was refused, or has not worked for long: the next `usable` asks for another. */
  spoil(): void {
    this.current = undefined;
  }

  /** A URL that has not expired; asks for one and waits where there is none. @throws the signal's reason when it aborts */
  async usable(signal: AbortSignal): Promise<string> {
    for (;;) {
      signal.throwIfAborted();
      if (this.current && this.current.expires_ms > this.now()) return this.current.url;
      const patience = AbortSignal.any([signal, AbortSignal.timeout(ASK_AGAIN_MS)]);
      const arrival = once(this.arrivals, 'arrival', { signal: patience }).catch(() => undefined);
      this.ask();
      await arrival;
    }
  }
}
