import type { Trip } from '@edgeflow/app-device-gateway/memory';
import type { SeededEntropy } from '@edgeflow/simulation';
import { Conditions } from './conditions.js';

/** What is out of order between devices and gateways. */
export interface NetworkCondition {
  /** Whose way; default: everybody's. */
  device?: string | undefined;
  /** In which direction; default: both. */
  to?: Trip['to'] | undefined;
  /** When it is over: what is kept up until then arrives behind it. Without it what is sent is lost. */
  until_ms?: number | undefined;
}

/** HTTP requests of some arrive once more, since their clients have sent them again. */
export interface AgainCondition {
  /** Whose: devices register and change their keys, operators ask under an `Idempotency-Key`. */
  of: 'devices' | 'operators';
  /** How much later at most, in milliseconds. */
  within_ms: number;
  /** How many of them, from 0 to 1. */
  share: number;
}

/** How the ways are between devices or people and the services. */
export class NetworkWeather {
  readonly conditions = new Conditions<NetworkCondition>();
  readonly again = new Conditions<AgainCondition>();

  /** @param time how far it is, in milliseconds since the beginning */
  constructor(
    private readonly time: { readonly now_ms: number },
    private readonly entropy: SeededEntropy,
  ) {}

  /** @param usual_ms how long a trip takes when nothing is out of order */
  delay_ms({ device, to }: Trip, usual_ms: number): number | 'lost' {
    if (this.conditions.isNone) return usual_ms;
    const found = this.conditions.find(
      (one) => (one.device === undefined || one.device === device) && (one.to === undefined || one.to === to),
    );
    if (!found) return usual_ms;
    return found.until_ms === undefined ? 'lost' : Math.max(0, found.until_ms - this.time.now_ms) + usual_ms;
  }

  /** So much later, in milliseconds, a request arrives once more; undefined for one that comes once. */
  again_ms(who: AgainCondition['of']): number | undefined {
    const found = this.again.find(({ of }) => of === who);
    if (!found || this.entropy.random('again') >= found.share) return undefined;
    return this.entropy.random('later') * found.within_ms;
  }
}
