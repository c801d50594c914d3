import type { Clock } from '@edgeflow/runtime';
import type { DeviceAddress } from '../devices/device-address.js';

/** So many of an organization may wait, however long: a few that are stuck for reasons of their own keep nobody out. */
const CROWD = 100;
/**
 * How long the oldest of a crowd may wait before nobody joins it, in milliseconds. The reference agent hangs up after 15 s, handshake included,
 * and comes again: whoever is let in behind those that wait as long costs the gateway a whole connect for nothing.
 */
const BEARABLE_MS = 5_000;

/** More of an organization than what may be stuck: how many, and how long the oldest of them has waited, in seconds. */
export interface Crowd {
  waiting: number;
  oldest_s: number;
}

/** Devices that have said hello and wait for their welcome, by organization, the oldest first. */
export class AwaitedWelcomes {
  private readonly since = new Map<string, Map<symbol, number>>();

  constructor(private readonly clock: Pick<Clock, 'steady_ms'>) {}

  /** A device has said hello. @returns what to call when it is welcome, or is not */
  begin({ org }: Pick<DeviceAddress, 'org'>): () => void {
    const waiting = this.since.get(org) ?? new Map<symbol, number>();
    this.since.set(org, waiting);
    const own = Symbol(org);
    waiting.set(own, this.clock.steady_ms());
    return () => {
      waiting.delete(own);
      if (waiting.size === 0 && this.since.get(org) === waiting) this.since.delete(org);
    };
  }

  /** True while a crowd of an organization waits too long for anybody to join it. */
  isTooLong(org: string): boolean {
    return (this.crowdOf(org)?.oldest_s ?? 0) * 1_000 > BEARABLE_MS;
  }

  /** Those of an organization, where they are many. */
  crowdOf(org: string): Crowd | undefined {
    const waiting = this.since.get(org);
    if (!waiting || waiting.size <= CROWD) return undefined;
    const [oldest = 0] = waiting.values();
    return { waiting: waiting.size, oldest_s: (this.clock.steady_ms() - oldest) / 1_000 };
  }
}
