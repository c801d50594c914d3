import type { Trip } from '@edgeflow/app-device-gateway/memory';
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

/** How the ways between devices and gateways are. */
export class NetworkWeather {
  readonly conditions = new Conditions<NetworkCondition>();

  /** @param time how far it is, in milliseconds since the beginning */
  constructor(private readonly time: { readonly now_ms: number }) {}

  /** @param usual_ms how long a trip takes when nothing is out of order */
  delay_ms({ device, to }: Trip, usual_ms: number): number | 'lost' {
    if (this.conditions.isNone) return usual_ms;
    const found = this.conditions.find(
      (one) => (one.device === undefined || one.device === device) && (one.to === undefined || one.to === to),
    );
    if (!found) return usual_ms;
    return found.until_ms === undefined ? 'lost' : Math.max(0, found.until_ms - this.time.now_ms) + usual_ms;
  }
}
