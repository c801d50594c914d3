import type { Clock } from '@edgeflow/runtime';

/** An unanswered request for a URL is sent again after so long, in milliseconds: the tunnel may have been down. */
const ASK_AGAIN_MS = 10_000;

interface DownloadUrlOptions {
  /** Sends the request for a fresh URL, if it can. */
  ask(): void;
  /** The cloud's time, milliseconds since 1970. */
  now(): number;
  clock: Clock;
}

/** The download URL of one update: the newest that the cloud gave, or a fresh one on request. */
export class DownloadUrl {
  /** Fires when the cloud gives the next one. */
  private arrival = new AbortController();
  private current: { url: string; expires_ms: number } | undefined;

  /** @param update_id whose image it is */
  constructor(
    readonly update_id: string,
    private readonly options: DownloadUrlOptions,
  ) {}

  /** The cloud gave a URL; it is good until `url_expires_at`. */
  set(url: string, url_expires_at: string): void {
    this.current = { url, expires_ms: Date.parse(url_expires_at) };
    this.arrival.abort();
    this.arrival = new AbortController();
  }

  /** The URL was refused, or has not worked for long: the next `usable` asks for another. */
  spoil(): void {
    this.current = undefined;
  }

  /** A URL that has not expired; asks for one and waits where there is none. @throws the signal's reason when it aborts */
  async usable(signal: AbortSignal): Promise<string> {
    const { ask, now, clock } = this.options;
    for (;;) {
      signal.throwIfAborted();
      if (this.current && this.current.expires_ms > now()) return this.current.url;
      const arrived = AbortSignal.any([signal, this.arrival.signal]);
      ask();
      await clock.sleep(ASK_AGAIN_MS, { signal: arrived });
    }
  }
}
