import { describe, expect, it } from 'vitest';
import { AwaitedWelcomes } from './awaited-welcomes.js';

let now = 0;

/** So many of acme have said hello at the time 0. */
function crowdOf(count: number): { awaited: AwaitedWelcomes; over: (() => void)[] } {
  now = 0;
  const awaited = new AwaitedWelcomes({ steady_ms: () => now });
  return { awaited, over: Array.from({ length: count }, () => awaited.begin({ org: 'acme' })) };
}

describe('devices that wait for their welcome', () => {
  it('are joined by nobody of their organization once they are many and the oldest waits too long', () => {
    const { awaited } = crowdOf(101);
    now = 5_000;
    expect(awaited.isTooLong('acme')).toBe(false);
    now = 5_001;
    expect(awaited.isTooLong('acme')).toBe(true);
    expect(awaited.isTooLong('globex')).toBe(false);
  });

  it('keep nobody out while they are few, however long they wait', () => {
    const { awaited } = crowdOf(100);
    now = 60_000;
    expect(awaited.isTooLong('acme')).toBe(false);
  });

  it('keep nobody out any more when the oldest are welcome', () => {
    const { awaited, over } = crowdOf(50);
    now = 4_000;
    const more = Array.from({ length: 100 }, () => awaited.begin({ org: 'acme' }));
    now = 6_000;
    expect(awaited.isTooLong('acme')).toBe(true);
    for (const end of over) end();
    awaited.begin({ org: 'acme' });
    expect(awaited.isTooLong('acme')).toBe(false);
    expect(awaited.crowdOf('acme')).toEqual({ waiting: 101, oldest_s: 2 });
    for (const end of more) end();
    expect(awaited.crowdOf('acme')).toBeUndefined();
  });
});
