import type { CloudFrame, UpdateOffer } from '@edgeflow/contracts';
import type { Network, TunnelEvents } from '@edgeflow/device-agent';
import type { VirtualTime } from '@edgeflow/simulation';
import type { BreakableNetwork } from './rude-device.js';

const OFFER: UpdateOffer = {
  ...{ type: 'update', update_id: 'upd_1', number: 1, firmware_id: 'fw_1', version: '2.0.0', sha256: 'a'.repeat(64) },
  ...{ size: 10, url: 'https://ota.test/x', url_expires_at: '2026-01-03T00:00:00Z', force: false },
  deadline_at: '2026-01-03T00:00:00Z',
};

/** For specs of devices: a cloud for one of them, which welcomes it, offers one update until it runs it, and writes down what it hears. */
export class OneCloud implements Network, BreakableNetwork {
  readonly frames: ({ type: string } & Record<string, unknown>)[] = [];
  /** How often somebody has asked for a tunnel. */
  tunnels = 0;
  /** Each upgrade is refused while this is true. */
  isAway = false;
  private current: TunnelEvents | undefined;

  constructor(private readonly time: VirtualTime) {}

  readonly fetch = (): Promise<Response> => Promise.reject(new Error('nobody fetches'));
  readonly request = (): Promise<never> => Promise.reject(new Error('nobody downloads'));

  openTunnel(_to: object, events: TunnelEvents) {
    this.tunnels += 1;
    const soon = (work: () => void): void => void this.time.at(this.time.now_ms + 10, work);
    const is = { isOpen: false };
    soon(() => {
      if (this.isAway) return events.closed(1006, '');
      this.current = events;
      is.isOpen = true;
      events.opened();
    });
    const isCurrent = (): boolean => this.current === events;
    return {
      get isOpen() {
        return is.isOpen && isCurrent();
      },
      waiting: 0,
      send: (text: string) => soon(() => this.take(text)),
      close: () => this.break(),
      cut: () => {
        if (isCurrent()) this.current = undefined;
        events.closed(1006, '');
      },
    };
  }

  /** What it says by itself. */
  say(frame: object): void {
    this.current?.said(JSON.stringify(frame));
  }

  break(): void {
    const { current } = this;
    this.current = undefined;
    current?.closed(1006, '');
  }

  /** Nothing passes any more, and nobody hears of that. */
  hang(): void {
    this.current = undefined;
  }

  private take(text: string): void {
    if (!text.startsWith('{')) return void this.frames.push({ type: 'noise' });
    const frame = JSON.parse(text) as { type: string; version?: string };
    this.frames.push(frame);
    if (frame.type !== 'hello') return;
    this.say({ type: 'welcome' } satisfies Pick<CloudFrame, 'type'>);
    if (frame.version !== OFFER.version) this.say(OFFER);
  }
}
