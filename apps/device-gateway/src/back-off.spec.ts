import { Refused } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { systemMachine } from '@edgeflow/runtime';
import { outlasting } from './back-off.js';

function failing(times: number, error: Error): () => Promise<string> {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(error) : Promise.resolve('done'));
}

const outage = new Refused('storage-unavailable');

describe('work that outlasts an outage', () => {
  it('is done again until it succeeds', async () => {
    await expect(outlasting(failing(2, outage), { wanted: () => true }, systemMachine)).resolves.toBe('done');
  });

  it('is given up when nobody wants it any more', async () => {
    await expect(outlasting(failing(2, outage), { wanted: () => false }, systemMachine)).resolves.toBeUndefined();
  });

  it('is given up after its tries, and at once for anything but an outage', async () => {
    await expect(outlasting(failing(2, outage), { wanted: () => true, tries: 2 }, systemMachine)).rejects.toBe(outage);
    const bug = new Error('bug');
    await expect(outlasting(failing(1, bug), { wanted: () => true }, systemMachine)).rejects.toBe(bug);
  });
});
