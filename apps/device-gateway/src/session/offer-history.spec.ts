import { describe, expect, it } from 'vitest';
import { OfferHistory } from './offer-history.js';

const device = { org: 'acme', device_id: 'dev-1' };
const MINUTE = 60_000;

/** When a device is told that comes back `every` milliseconds and is told as soon as it may be, within `until`. */
function offeredTimes(every: number, until: number): number[] {
  const history = new OfferHistory();
  const times: number[] = [];
  for (let at = 0; at <= until; at += every) {
    if (history.waitMs(device, 'upd-1', at) > 0) continue;
    history.offered(device, 'upd-1', at);
    times.push(at);
  }
  return times;
}

describe('a device that comes back to be told of the same update', () => {
  it('is told at once three times, then later and later', () => {
    expect(offeredTimes(500, 30_000)).toEqual([0, 500, 1_000, 6_000, 16_000]);
  });

  it('is told every five minutes in the end', () => {
    const times = offeredTimes(1_000, 60 * MINUTE);
    expect(times.at(-1)! - times.at(-2)!).toBe(5 * MINUTE);
    expect(times.length).toBeLessThan(20);
  });

  it('is known to have been told for half an hour', () => {
    const history = new OfferHistory();
    expect(history.wasOffered(device, 0)).toBe(false);
    history.offered(device, 'upd-1', 0);
    expect(history.wasOffered(device, 30 * MINUTE)).toBe(true);
    expect(history.wasOffered(device, 31 * MINUTE)).toBe(false);
  });

  it('is told of another update at once', () => {
    const history = new OfferHistory();
    for (let n = 0; n < 5; n++) history.offered(device, 'upd-1', 0);
    expect(history.waitMs(device, 'upd-1', 0)).toBe(20_000);
    expect(history.waitMs(device, 'upd-2', 0)).toBe(0);
    expect(history.waitMs({ ...device, org: 'globex' }, 'upd-1', 0)).toBe(0);
  });

  it('begins anew after half an hour', () => {
    const history = new OfferHistory();
    for (let n = 0; n < 20; n++) history.offered(device, 'upd-1', 0);
    expect(history.waitMs(device, 'upd-1', 31 * MINUTE)).toBe(0);
  });
});
