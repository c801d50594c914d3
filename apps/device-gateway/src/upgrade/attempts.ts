import { Refused } from '@edgeflow/contracts';
import { networkOf, WindowCounters } from '@edgeflow/service-host';
import { ClaimTurns } from '../claims/claim-turns.js';
import type { ProvenDevice } from '../devices/device-credential.js';
import type { GatewayConfig } from '../gateway.config.js';
import type { DeviceAddress } from '../tunnel/tunnels.js';

type Limits = Pick<GatewayConfig, 'UPGRADES_PER_MINUTE' | 'AUTH_FAILURES_PER_MINUTE'>;

/** Credentials of one address that may wait to be looked at: each costs a signature and a look into the log. */
const UNDER_WAY_MAX = 500;

/**
 * Looks at credentials. Nobody counts as a device before it has proved to be that one, so that who has no credential takes nothing from
 * those who have: not even behind one address, from which no device is kept out. An address that has failed too often is only looked
 * at one credential after the other, and told to wait.
 */
export class Attempts {
  private readonly failures = new WindowCounters();
  private readonly tunnels = new WindowCounters();
  private readonly turns = new ClaimTurns();
  private readonly underWay = new Map<string, number>();

  constructor(private readonly limits: Limits) {}

  /**
   * @param ip where the request comes from
   * @param prove looks at its credential; told whom to tell which device that claims to be from
   * @throws Refused `too-many-requests` with `retry_after_s`; what `prove` throws
   */
  async look(
    ip: string,
    prove: (onClaimed: (device: DeviceAddress) => void) => Promise<ProvenDevice>,
  ): Promise<ProvenDevice> {
    const network = networkOf(ip);
    const ended = this.begin(network);
    const claims: string[] = [];
    const attempt = () => prove((device) => claims.push(nameOf(device, network)));
    try {
      const isSuspect = this.failures.of(network).count >= this.limits.AUTH_FAILURES_PER_MINUTE;
      const proven = await (isSuspect ? this.turns.run(network, attempt) : attempt());
      this.count(proven.device, network);
      return proven;
    } catch (error) {
      if (error instanceof Refused && error.code === 'unauthorized') throw this.failed(error, network, claims);
      throw error;
    } finally {
      ended();
    }
  }

  private begin(network: string): () => void {
    const count = this.underWay.get(network) ?? 0;
    if (count >= UNDER_WAY_MAX) throw tooMany('Too many tunnels are asked for from this address at once', 1_000);
    this.underWay.set(network, count + 1);
    return () => {
      const left = (this.underWay.get(network) ?? 1) - 1;
      if (left > 0) this.underWay.set(network, left);
      else this.underWay.delete(network);
    };
  }

  private count(device: DeviceAddress, network: string): void {
    const { count, resets_in_ms } = this.tunnels.add(nameOf(device, network));
    if (count > this.limits.UPGRADES_PER_MINUTE) throw tooMany('The device asked for too many tunnels', resets_in_ms);
  }

  /** What to answer: who goes on failing is told to wait. */
  private failed(error: Refused, network: string, claims: readonly string[]): Refused {
    const { AUTH_FAILURES_PER_MINUTE, UPGRADES_PER_MINUTE } = this.limits;
    const { count, resets_in_ms } = this.failures.add(network);
    const ofDevice = claims.map((name) => this.failures.add(name).count);
    if (count <= AUTH_FAILURES_PER_MINUTE && ofDevice.every((own) => own <= UPGRADES_PER_MINUTE)) return error;
    return tooMany('Too many requests with bad credentials came from this address in a minute', resets_in_ms);
  }
}

function nameOf({ org, device_id }: DeviceAddress, network: string): string {
  return `${org}/${device_id}@${network}`;
}

function tooMany(detail: string, wait_ms: number): Refused {
  return new Refused('too-many-requests', detail, { retry_after_s: Math.ceil(wait_ms / 1000) });
}
