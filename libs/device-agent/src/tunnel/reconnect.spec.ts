import { CLOSE } from '@edgeflow/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterLoss, type Loss } from './reconnect.js';

const window = { min_s: 1, max_s: 20 };
const half = () => 0.5;
const lossOf = (code: number, welcomed = true): Loss => ({ code, reason: '', welcomed });

describe('a lost tunnel', () => {
  it('stays down for good when the device is revoked', () => {
    expect(afterLoss(lossOf(CLOSE.revoked), 0, window, half)).toEqual({ action: 'stop' });
  });

  it('is spread over the whole window of the cloud, since the whole fleet may have lost it', () => {
    expect(afterLoss(lossOf(1006), 0, window, half)).toEqual({ action: 'wait', ms: 10_500 });
  });

  it.each([1006, 4401])('comes back within the hour, whatever window the cloud has named: %i', (code) => {
    const never = { min_s: 1e12, max_s: 1e12 };
    expect(afterLoss(lossOf(code), 0, never, half)).toEqual({ action: 'wait', ms: 3_600_000 });
  });

  it('is tried again soon, then later and later, when there was no welcome', () => {
    const waits = [0, 1, 2, 10].map((attempt) => afterLoss(lossOf(1006, false), attempt, window, half));
    expect(waits.map((next) => next.action === 'wait' && next.ms)).toEqual([1_000, 1_500, 2_500, 10_500]);
  });

  it('waits a minute at least when another tunnel of the same device took its place', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 20 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const next = afterLoss(lossOf(CLOSE.replaced), attempt, window, () => random);
          expect(next.action === 'wait' && next.ms).toBeGreaterThanOrEqual(60_000);
        },
      ),
    );
  });

  it('waits longer than the window when the gateway has too many', () => {
    expect(afterLoss(lossOf(CLOSE.tooMany, false), 0, window, half)).toEqual({ action: 'wait', ms: 30_000 });
  });

  it('backs off when its token was refused, also after a welcome', () => {
    expect(afterLoss(lossOf(CLOSE.notAuthorized), 3, window, half)).toEqual({ action: 'wait', ms: 4_500 });
  });
});

describe('a cloud that says when to come again', () => {
  it('is not asked before', () => {
    const loss = { code: 1006, reason: 'HTTP 503', welcomed: false, retry_after_s: 120 };
    expect(afterLoss(loss, 0, { min_s: 0, max_s: 1 }, () => 0)).toEqual({ action: 'wait', ms: 120_000 });
  });
});
