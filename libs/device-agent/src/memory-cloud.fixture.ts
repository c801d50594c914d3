import { ApiError } from '@edgeflow/client';
import type { DeviceFrame, UpdateOffer } from '@edgeflow/contracts';
import type { MemoryStore } from '@edgeflow/object-store/memory';
import type { Clock, Entropy } from '@edgeflow/runtime';
import type { Incoming, Network, TunnelEvents, TunnelSocket } from './cloud/network.js';

export interface MemoryCloudOptions {
  clock: Clock;
  entropy: Entropy;
  store: MemoryStore;
  /** A download URL that is good from now on. */
  presign(): Promise<{ url: string; url_expires_at: string }>;
  offer: Omit<UpdateOffer, 'type' | 'url' | 'url_expires_at'>;
  /** What an answer to a registration is. */
  registered: object;
  /** Told whatever a device says. */
  heard(frame: DeviceFrame): void;
}

const HEARTBEAT_S = 10;

/** A cloud without a socket, which loses connections and refuses some, as its chance has it. */
export class MemoryCloud implements Network {
  constructor(private readonly options: MemoryCloudOptions) {}

  readonly fetch = async (): Promise<Response> => {
    await this.way();
    if (this.happens(0.3)) return Response.json({ code: 'storage-unavailable' }, { status: 503 });
    return Response.json(this.options.registered, { status: 201 });
  };

  request(url: URL, { headers = {}, signal }: Parameters<Network['request']>[1]): Promise<Incoming> {
    return this.options.store.download({ by: 'device', url, headers, signal });
  }

  openTunnel(_to: { url: URL; token: string }, events: TunnelEvents): TunnelSocket {
    const { clock } = this.options;
    let state: 'opening' | 'open' | 'closed' = 'opening';
    const end = (code: number, reason: string): void => {
      if (state === 'closed') return;
      state = 'closed';
      ping();
      events.closed(code, reason);
    };
    const ping = clock.every(HEARTBEAT_S * 1000, () => {
      if (state === 'open' && this.happens(0.2)) end(1006, 'the network is gone');
      else if (state === 'open') events.pinged();
    });
    void this.way().then(() => {
      if (state === 'closed') return;
      if (this.happens(0.1)) {
        const headers = new Headers({ 'retry-after': '7' });
        events.refused(new ApiError('GET /gateway/v1/tunnel', 503, 'log-unavailable', '', {}, headers));
        return end(1006, '');
      }
      state = 'open';
      events.opened();
    });
    return {
      get isOpen() {
        return state === 'open';
      },
      waiting: 0,
      send: (text) =>
        void this.way().then(() => (state === 'open' ? this.take(JSON.parse(text) as DeviceFrame, events) : undefined)),
      close: () => void this.way().then(() => end(1000, '')),
      cut: () => void Promise.resolve().then(() => end(1006, '')),
    };
  }

  private async take(frame: DeviceFrame, events: TunnelEvents): Promise<void> {
    const { clock, offer, heard, presign } = this.options;
    heard(frame);
    const server_time = clock.now().toISOString();
    const reconnect = { min_s: 0, max_s: 5 };
    const url = await presign();
    if (frame.type === 'hello') {
      events.said(
        JSON.stringify({ type: 'welcome', device_id: 'd', server_time, heartbeat_s: HEARTBEAT_S, reconnect }),
      );
      if (frame.version !== offer.version) events.said(JSON.stringify({ type: 'update', ...offer, ...url }));
    }
    if (frame.type === 'url') events.said(JSON.stringify({ type: 'url', update_id: offer.update_id, ...url }));
  }

  /** So long something is on its way. */
  private way(signal?: AbortSignal): Promise<void> {
    return this.options.clock.sleep(this.options.entropy.random('way') * 200, { signal });
  }

  private happens(share: number): boolean {
    return this.options.entropy.random('network') < share;
  }
}
