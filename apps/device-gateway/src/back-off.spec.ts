import { Refused } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { backOffMs, outlasting } from './back-off.js';

function failing(times: number, error: Error): () => Promise<string> {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(error) : Promise.resolve('done'));
}

const outage = new Refused('storage-unavailable');

describe('work that outlasts an outage', () => {
  it('is done again until it succeeds', async () => {
    await expect(outlasting(failing(2, outage), { wanted: () => true })).resolves.toBe('done');
  });

  it('is given up when nobody wants it any more', async () => {
    await expect(outlasting(failing(2, outage), { wanted: () => false })).resolves.toBeUndefined();
  });

  it('is given up after its tries, and at once for anything but an outage', async () => {
    await expect(outlasting(failing(2, outage), { wanted: () => true, tries: 2 })).rejects.toBe(outage);
    const bug = new Error('bug');
    await expect(outlasting(failing(1, bug), { wanted: () => true })).rejects.toBe(bug);
  });

  it('waits longer each time, ten seconds at most', () => {
    expect(backOffMs(1)).toBeLessThanOrEqual(200);
    expect(backOffMs(30)).toBeLessThanOrEqual(10_000);
    expect(backOffMs(30)).toBeGreaterThanOrEqual(5_000);
  });
});
