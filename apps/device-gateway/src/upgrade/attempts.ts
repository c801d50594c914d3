import { Refused } from '@edgeflow/contracts';
import { networkOf, WindowCounters } from '@edgeflow/service-host';
import type { GatewayConfig } from '../gateway.config.js';
import type { DeviceAddress } from '../tunnel/tunnels.js';

type Limits = Pick<GatewayConfig, 'UPGRADES_PER_MINUTE' | 'AUTH_FAILURES_PER_MINUTE'>;

/** Credentials of one address that are looked at at the same time: what costs before a proof is a signature and a look into the log. */
const UNDER_WAY_MAX = 1_000;
/** Devices that are remembered with the address that they have proved themselves from, the oldest forgotten first. */
const PROVEN_MAX = 50_000;

/**
 * Who may have a credential looked at. Nobody is counted as a device before it has proved to be that one: a stranger fails on its own
 * account, which is its address's. Devices that share the address with it go on when they have been there before.
 */
export class Attempts {
  private readonly counters = new WindowCounters();
  private readonly underWay = new Map<string, number>();
  private readonly proven = new Set<string>();

  constructor(private readonly limits: Limits) {}

  /** A request comes from `ip`. @returns to be called when it has been looked at @throws Refused `too-many-requests` */
  begin(ip: string): () => void {
    const network = networkOf(ip);
    const count = this.underWay.get(network) ?? 0;
    if (count >= UNDER_WAY_MAX) throw tooMany('Too many tunnels are asked for from this address at once', 1_000);
    this.underWay.set(network, count + 1);
    return () => this.end(network);
  }

  /**
   * It claims to be this device, which costs nothing yet.
   * @throws Refused `too-many-requests` with `retry_after_s`
   */
  claim(device: DeviceAddress, ip: string): void {
    const name = nameOf(device, ip);
    const own = this.counters.of(name);
    if (own.count >= this.limits.UPGRADES_PER_MINUTE) {
      throw tooMany('The device asked for too many tunnels', own.resets_in_ms);
    }
    const address = this.counters.of(networkOf(ip));
    if (address.count < this.limits.AUTH_FAILURES_PER_MINUTE || this.proven.has(name)) return;
    throw tooMany('Too many requests with bad credentials came from this address in a minute', address.resets_in_ms);
  }

  /** It was not who it claims to be, if it claimed anything. */
  failed(device: DeviceAddress | undefined, ip: string): void {
    this.counters.add(networkOf(ip));
    if (device) this.counters.add(nameOf(device, ip));
  }

  /** It was. */
  proved(device: DeviceAddress, ip: string): void {
    const name = nameOf(device, ip);
    this.counters.add(name);
    this.proven.delete(name);
    this.proven.add(name);
    const [oldest] = this.proven;
    if (oldest !== undefined && this.proven.size > PROVEN_MAX) this.proven.delete(oldest);
  }

  private end(network: string): void {
    const left = (this.underWay.get(network) ?? 1) - 1;
    if (left > 0) this.underWay.set(network, left);
    else this.underWay.delete(network);
  }
}

/** By address as well: else anybody who knows a device's id could keep that device out. */
function nameOf({ org, device_id }: DeviceAddress, ip: string): string {
  return `${org}/${device_id}@${networkOf(ip)}`;
}

function tooMany(detail: string, wait_ms: number): Refused {
  return new Refused('too-many-requests', detail, { retry_after_s: Math.ceil(wait_ms / 1000) });
}
