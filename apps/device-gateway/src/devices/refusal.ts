import { Refused, beginningOf } from '@edgeflow/contracts';
import type { DeviceAddress } from './device-address.js';
import { spanText } from './span-text.js';

/** Something that was refused to a device, or to somebody who says to be it. */
export interface Refusal {
  /** Absent where nobody is named. */
  device?: DeviceAddress;
  what: 'tunnel' | 'frame';
  /** A stable code: that of the problem document or, where a token is to blame, what is wrong with it; of an `error` frame else. */
  code: string;
  /** The newest case, in words. */
  detail: string;
}

/** A refused request for a tunnel; undefined for what is no fault of the device, such as an outage. */
export function refusedTunnel(error: Refused, device: DeviceAddress | undefined): Refusal | undefined {
  if (error.status >= 500) return undefined;
  const { reason, clock_ahead_s } = error.facts;
  const isNamed = device !== undefined && reason !== 'device-not-registered';
  const clock = typeof clock_ahead_s === 'number' ? `; ${clockText(clock_ahead_s)}` : '';
  return {
    ...(isNamed && { device }),
    what: 'tunnel',
    code: typeof reason === 'string' ? reason : error.code,
    detail: beginningOf(`${error.detail}${clock}`, 1024),
  };
}

/**
 * True for the code of an `error` that something was refused by: what is said of an update that has ended meanwhile is in order, and a
 * member that a newer device has is lost to nobody.
 */
export function isRefused(code: string): boolean {
  return code !== 'update-unknown' && code !== 'unknown-member';
}

/** A device signs a new token for each tunnel: the time in it is that of its clock. */
function clockText(ahead_s: number): string {
  return `its clock is ${spanText(Math.abs(ahead_s))} ${ahead_s > 0 ? 'ahead' : 'behind'}`;
}
