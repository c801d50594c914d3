import type { Incoming, Network, TunnelEvents, TunnelSocket } from '@edgeflow/device-agent';
import type { MemoryStore } from '@edgeflow/object-store/memory';
import type { Clock } from '@edgeflow/runtime';
import { within } from '@edgeflow/telemetry';
import { HungUp, type MemoryGateway } from './memory-gateway.js';
import { MemoryTunnel } from './memory-tunnel.js';
import { Wire } from './wire.js';

/** One way of something: which device's, in which direction, and whether it is part of a tunnel or of a request. */
export interface Trip {
  device: string;
  to: 'gateway' | 'device';
  of: 'tunnel' | 'request';
}

export interface MemoryNetworkOptions {
  /** Whose network it is; also how the store calls it. */
  device: string;
  /** Where the device seems to be. */
  ip: string;
  /** The network's own clock, which goes on whoever is dead. */
  clock: Clock;
  /** The gateway that is reached now; undefined where nobody listens. */
  gateway(): MemoryGateway | undefined;
  /** Where presigned URLs lead. */
  store: Pick<MemoryStore, 'download'>;
  /** How long it takes, in milliseconds; `lost`: it never arrives, and nothing behind it on that way of a tunnel does. */
  delay_ms(trip: Trip): number | 'lost';
  /**
   * How long after a request of a device it arrives once more, in milliseconds: it was sent before, over a connection that the device has given
   * up. Undefined for one that comes once. Default: all do.
   */
  again_ms?(): number | undefined;
}

/** A connection on which nothing moved for so long, in milliseconds, is given up, as the agent's own does. */
const SILENCE_MS = 30_000;

const silent = (): Error => new Error(`no answer within ${SILENCE_MS / 1000} s`);

/** The network of one device to the gateways of its own process. */
export class MemoryNetwork implements Network {
  private readonly tunnels = new Set<MemoryTunnel>();

  constructor(private readonly options: MemoryNetworkOptions) {}

  readonly fetch = async (request: Request): Promise<Response> => {
    await this.trip('gateway', request.signal);
    const gateway = this.options.gateway();
    if (!gateway) throw new Error('connect ECONNREFUSED');
    const again_ms = this.options.again_ms?.();
    if (again_ms !== undefined) void this.again(request.clone(), again_ms);
    const answer = await within(SILENCE_MS, gateway.answer(request), silent, this.options.clock);
    await this.trip('device', request.signal);
    return answer;
  };

  request(url: URL, { headers = {}, signal }: Parameters<Network['request']>[1]): Promise<Incoming> {
    return this.options.store.download({ by: this.options.device, url, headers, signal });
  }

  openTunnel({ token }: { url: URL; token: string }, events: TunnelEvents): TunnelSocket {
    const wires = { to_gateway: this.wire('gateway'), to_device: this.wire('device') };
    const closed: TunnelEvents['closed'] = (code, reason) => {
      this.tunnels.delete(tunnel);
      events.closed(code, reason);
    };
    const tunnel: MemoryTunnel = new MemoryTunnel(wires, { ...bound(events), closed });
    this.tunnels.add(tunnel);
    wires.to_gateway.send(0, () => {
      const gateway = this.options.gateway();
      if (gateway) void gateway.take(tunnel, { token, ip: this.options.ip });
      else tunnel.fail('connect ECONNREFUSED');
    });
    return tunnel;
  }

  /** Every tunnel breaks; both ends hear of it, without a goodbye. */
  break(): void {
    for (const tunnel of this.tunnels) tunnel.break();
  }

  /** The device has no power any more, or its wire is cut: nobody hears of that. */
  hang(): void {
    for (const tunnel of this.tunnels) tunnel.hang();
    this.tunnels.clear();
  }

  /** Whoever is there then answers, and nobody hears of that: a fault of ours is one all the same. */
  private async again(request: Request, in_ms: number): Promise<void> {
    // The device may have given up by then.
    const kept = new Request(request.url, {
      method: request.method,
      headers: request.headers,
      body: await request.text(),
    });
    await this.options.clock.sleep(in_ms);
    await this.options
      .gateway()
      ?.answer(kept)
      .catch((error: unknown) => {
        if (!(error instanceof HungUp)) throw error;
      });
  }

  private wire(to: Trip['to']): Wire {
    const { clock, device, delay_ms } = this.options;
    return new Wire(clock, () => delay_ms({ device, to, of: 'tunnel' }));
  }

  private async trip(to: Trip['to'], signal: AbortSignal): Promise<void> {
    const { clock, device } = this.options;
    const delay_ms = this.options.delay_ms({ device, to, of: 'request' });
    await clock.sleep(delay_ms === 'lost' ? SILENCE_MS : delay_ms, { signal });
    signal.throwIfAborted();
    if (delay_ms === 'lost') throw silent();
  }
}

function bound(events: TunnelEvents): TunnelEvents {
  return {
    opened: () => events.opened(),
    pinged: () => events.pinged(),
    said: (text) => events.said(text),
    refused: (refusal) => events.refused(refusal),
    failed: (message) => events.failed(message),
    closed: (code, reason) => events.closed(code, reason),
  };
}
