import { describe, expect, it } from 'vitest';
import { Tellings } from './tellings.js';

const device = { org: 'acme', device_id: 'dev-1' };
const MINUTE = 60_000;

/** When a device is told that comes back `every` milliseconds and is told as soon as it may be, within `until`. */
function toldTimes(every: number, until: number): number[] {
  const tellings = new Tellings();
  const times: number[] = [];
  for (let at = 0; at <= until; at += every) {
    if (tellings.waitMs(device, 'upd-1', at) > 0) continue;
    tellings.told(device, 'upd-1', at);
    times.push(at);
  }
  return times;
}

describe('a device that comes back to be told of the same update', () => {
  it('is told at once three times, then later and later', () => {
    expect(toldTimes(500, 30_000)).toEqual([0, 500, 1_000, 6_000, 16_000]);
  });

  it('is told every five minutes in the end', () => {
    const times = toldTimes(1_000, 60 * MINUTE);
    expect(times.at(-1)! - times.at(-2)!).toBe(5 * MINUTE);
    expect(times.length).toBeLessThan(20);
  });

  it('is told of another update at once', () => {
    const tellings = new Tellings();
    for (let n = 0; n < 5; n++) tellings.told(device, 'upd-1', 0);
    expect(tellings.waitMs(device, 'upd-1', 0)).toBe(20_000);
    expect(tellings.waitMs(device, 'upd-2', 0)).toBe(0);
    expect(tellings.waitMs({ ...device, org: 'globex' }, 'upd-1', 0)).toBe(0);
  });

  it('begins anew after half an hour', () => {
    const tellings = new Tellings();
    for (let n = 0; n < 20; n++) tellings.told(device, 'upd-1', 0);
    expect(tellings.waitMs(device, 'upd-1', 31 * MINUTE)).toBe(0);
  });
});
