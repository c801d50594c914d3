import { Refused } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { refusedTunnel } from './refusal.js';
import { spanText } from './span-text.js';
import { QUIET_MS, continued, streakKey } from '../processors/refusals/streak.js';

const device = { org: 'acme', device_id: 'dev-1' };

describe('a refused request for a tunnel', () => {
  it('says by how much the clock of its device is wrong', () => {
    const facts = { reason: 'token-expired', clock_ahead_s: -360 };
    expect(refusedTunnel(new Refused('unauthorized', 'The token has expired', facts), device)).toEqual({
      ...{ device, what: 'tunnel', code: 'token-expired' },
      detail: 'The token has expired; its clock is 6 minutes behind',
    });
  });

  it('has the code of its problem document where no token is to blame', () => {
    expect(refusedTunnel(new Refused('device-revoked'), device)).toMatchObject({ code: 'device-revoked', device });
  });

  it('is of nobody when the device is not registered', () => {
    const error = new Refused('unauthorized', 'x', { reason: 'device-not-registered' });
    expect(refusedTunnel(error, device)).not.toHaveProperty('device');
  });

  it('is none where the cloud is at fault', () => {
    expect(refusedTunnel(new Refused('log-unavailable'), device)).toBeUndefined();
  });
});

describe('a span of time', () => {
  it.each([
    [1, '1 second'],
    [119, '119 seconds'],
    [360, '6 minutes'],
    [7_200, '2 hours'],
    [315_576_000, '3,653 days'],
  ])('of %i seconds is %s', (seconds, text) => expect(spanText(seconds)).toBe(text));
});

describe('a streak of refusals', () => {
  const refusal = { device, what: 'frame', code: 'bad-frame', detail: 'x' } as const;

  it('counts on from its first, in the newest words', () => {
    const first = continued(undefined, refusal, 1_000);
    const streak = continued(first, { ...refusal, detail: 'y' }, 2_000);
    expect(streak).toMatchObject({ count: 2, since: 1_000, last: 2_000, refusal: { detail: 'y' } });
  });

  it('begins anew after a quiet hour', () => {
    const first = continued(undefined, refusal, 0);
    expect(continued(first, refusal, QUIET_MS + 1)).toMatchObject({ count: 1, since: QUIET_MS + 1 });
  });

  it('is of one device and one reason', () => {
    const others = [
      { ...refusal, code: 'x' },
      { ...refusal, what: 'tunnel' as const },
      { ...refusal, device: { ...device, org: 'b' } },
    ];
    expect(new Set([refusal, ...others].map(streakKey)).size).toBe(4);
  });
});
