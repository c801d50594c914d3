import type { ApiError } from '@edgeflow/client';

/** The cloud's clock and the device's own go so far apart, in milliseconds, before a token may be refused for it. */
const APART_MS = 30_000;
/** The last time that a Date can hold, in milliseconds since 1970 (ECMA-262, section 21.4.1.1). */
const LAST_MS = 8.64e15;

/**
 * What time it is by the cloud's word: a device may have no clock of its own, or a wrong one. What is said to the cloud, and what it
 * sets limits to, goes by it; what protects the device from the cloud does not (trust/passed-time.ts).
 */
export class CloudClock {
  private offset_ms: number | undefined;

  /** @param own the device's clock, milliseconds since 1970 */
  constructor(readonly own: () => number) {}

  /** The cloud says that it is `at` now, in milliseconds since 1970. @returns true when that is news enough to try a token again */
  learn(at: number): boolean {
    if (!(at >= 0 && at <= LAST_MS)) return false;
    const before = this.offset_ms ?? 0;
    this.offset_ms = at - this.own();
    return Math.abs(this.offset_ms - before) > APART_MS;
  }

  /** The cloud's time, milliseconds since 1970; undefined until it has said one. */
  cloud(): number | undefined {
    return this.offset_ms === undefined ? undefined : this.own() + this.offset_ms;
  }

  /** The cloud's time, or the device's own where the cloud has not said one. */
  now(): number {
    return this.cloud() ?? this.own();
  }
}

/**
 * What time it is by the clock of a refusal, milliseconds since 1970: its `server_time`, or the header `Date` (RFC 9110, section 6.6.1);
 * undefined where it does not say so.
 */
export function serverTimeOf({ problem, headers }: ApiError): number | undefined {
  const times = [problem['server_time'], headers.get('date')].map((text) => Date.parse(String(text)));
  return times.find((at) => !Number.isNaN(at));
}
