import { Refused } from '@edgeflow/contracts';
import { claimedDevice } from '@edgeflow/identity';
import type { Clock, Machine } from '@edgeflow/runtime';
import { networkOf, WindowCounters } from '@edgeflow/service-host';
import { FairQueue } from '@edgeflow/telemetry';
import type { ProvenDevice } from '../../../devices/device-credential.js';
import type { GatewayConfig } from '../../../gateway.config.js';
import type { DeviceAddress } from '../../../devices/device-address.js';
import { ProvenKeys } from './proven-keys.js';

type Limits = Pick<GatewayConfig, 'UPGRADES_PER_MINUTE' | 'AUTH_FAILURES_PER_MINUTE'>;

/**
 * Credentials looked at at a time, each a look into the log and a signature: enough for CONNECTS_PER_S where a look takes 100 ms.
 * Those that wait cost a connection each, as tunnels do, of which a gateway has more.
 */
const QUEUE_LIMITS = { at_once: 64, waiting: 8_000 };
/**
 * How long one may wait for its turn, in milliseconds: the reference agent hangs up after 15 s, and the look, the handshake and the hello come behind
 * it. Who has waited longer is told when to come again, which costs no look: else the gateway would, once it is that far behind, look at nobody who is still there.
 */
const WAIT_MAX_MS = 10_000;

/** A credential, and how it is looked at. */
export interface Attempt {
  /** Where the request comes from. */
  ip: string;
  token: string;
  prove: () => Promise<ProvenDevice>;
}

/**
 * Looks at credentials. Nobody counts as a device before it has proved to be that one, so that who has no credential takes nothing from
 * those who have: not even behind one address, from which no device is kept out. Every credential is looked at in its turn, those of
 * different networks alternately; what came in here lately, as its signature says, waits for nobody. An address that has failed too
 * often is told to wait, with each credential that is bad. Only when thousands wait some are sent away, by lot.
 */
export class Attempts {
  private readonly failures: WindowCounters;
  private readonly tunnels: WindowCounters;
  private readonly unqueued: WindowCounters;
  private readonly queue: FairQueue;
  private readonly proven: ProvenKeys;
  private readonly clock: Clock;
  private readonly later: (org: string) => Refused;

  /** @param now the time by which tokens are judged @param later what to tell a device of an organization that has waited too long */
  constructor(
    private readonly limits: Limits,
    { now, later }: { now: () => Date; later: (org: string) => Refused },
    { clock, entropy }: Machine,
  ) {
    this.clock = clock;
    this.later = later;
    this.failures = new WindowCounters(clock);
    this.tunnels = new WindowCounters(clock);
    this.unqueued = new WindowCounters(clock);
    const dropped = (): Refused => tooMany('Too many devices ask for tunnels now', 1_000);
    this.queue = new FairQueue(QUEUE_LIMITS, entropy, dropped);
    this.proven = new ProvenKeys(now);
  }

  /** @throws Refused `unauthorized`; `too-many-requests` with `retry_after_s`; what `prove` throws */
  async look({ ip, token, prove }: Attempt): Promise<ProvenDevice> {
    const network = networkOf(ip);
    let claimed: DeviceAddress | undefined;
    try {
      claimed = claimedDevice(token);
      const own = nameOf(claimed, network);
      const proven = await (this.goesAhead(claimed, own, token) ? prove() : this.inTurn(network, claimed, prove));
      this.proven.remember(proven.device, proven.known.public_key);
      this.count(own);
      return proven;
    } catch (error) {
      if (error instanceof Refused && error.code === 'unauthorized') throw this.failed(error, network, claimed);
      throw error;
    }
  }

  private inTurn(network: string, { org }: DeviceAddress, prove: () => Promise<ProvenDevice>): Promise<ProvenDevice> {
    const since_ms = this.clock.steady_ms();
    return this.queue.run(network, () => {
      if (this.clock.steady_ms() - since_ms > WAIT_MAX_MS) throw this.later(org);
      return prove();
    });
  }

  /**
   * True for who need not wait for a turn, where there is one: to know that costs a signature, which is looked at once more when it counts. Who sends one good token again and again has it
   * looked at out of turn no more often than it may have tunnels.
   */
  private goesAhead(device: DeviceAddress, name: string, token: string): boolean {
    if (this.queue.isFree || !this.proven.has(device, token)) return false;
    return this.unqueued.add(name).count <= this.limits.UPGRADES_PER_MINUTE;
  }

  private count(name: string): void {
    const { count, resets_in_ms } = this.tunnels.add(name);
    if (count > this.limits.UPGRADES_PER_MINUTE) throw tooMany('The device asked for too many tunnels', resets_in_ms);
  }

  /** What to answer: who goes on failing is told to wait. */
  private failed(error: Refused, network: string, claimed: DeviceAddress | undefined): Refused {
    const { AUTH_FAILURES_PER_MINUTE, UPGRADES_PER_MINUTE } = this.limits;
    const { count, resets_in_ms } = this.failures.add(network);
    const ofDevice = claimed ? this.failures.add(nameOf(claimed, network)).count : 0;
    if (count <= AUTH_FAILURES_PER_MINUTE && ofDevice <= UPGRADES_PER_MINUTE) return error;
    return tooMany('Too many requests with bad credentials came from this address in a minute', resets_in_ms, error);
  }
}

function nameOf({ org, device_id }: DeviceAddress, network: string): string {
  return `${org}/${device_id}@${network}`;
}

/** @param cause what is wrong with the credential itself: the device may have to know that too */
function tooMany(detail: string, wait_ms: number, cause?: Refused): Refused {
  const facts = { ...cause?.facts, retry_after_s: Math.ceil(wait_ms / 1000) };
  return new Refused('too-many-requests', detail, facts, { cause });
}
