import { describe, expect, it } from 'vitest';
import { HolderWatch, type Life } from './holder-watch.js';
import { holder, seen } from './lease.fixture.js';

const OURS = 'ours';
const at = (position: number, instance = 'one') => seen('gw-1', position, { holder: holder({ instance }) });

/** What is known after so many looks at the same. */
function looks(watch: HolderWatch, n: number, lease: ReturnType<typeof seen> | undefined): Life | undefined {
  return Array.from({ length: n }, () => watch.look(lease)).at(-1);
}

describe('the holder of a lease', () => {
  it('is dead when it does not renew for two and a half of its renewals', () => {
    const watch = new HolderWatch(at(4), OURS);
    expect(watch.watch_s).toBe(12.5);
    expect(looks(watch, 9, at(4))).toBe('unknown');
    expect(looks(watch, 1, at(4))).toBe('dead');
  });

  it('lives when it renews again and again', () => {
    const watch = new HolderWatch(at(4), OURS);
    expect(looks(watch, 4, at(5))).toBe('unknown');
    expect(looks(watch, 1, at(6))).toBe('alive');
    expect(watch.seen).toEqual(at(6));
  });

  it('is dead although the last that it wrote is stored late, and its lease stands there', () => {
    const watch = new HolderWatch(at(4), OURS);
    looks(watch, 9, at(4));
    expect(looks(watch, 10, at(5))).toBe('unknown');
    expect(looks(watch, 1, at(5))).toBe('dead');
    expect(watch.seen.position).toBe(5);
  });

  it('has not renewed where the server has lost the end of what it stored', () => {
    const watch = new HolderWatch(at(4), OURS);
    looks(watch, 1, at(5));
    expect(looks(watch, 1, at(3))).toBe('unknown');
    expect(looks(watch, 10, at(3))).toBe('dead');
    expect(looks(watch, 1, at(4))).toBe('alive');
  });

  it('is another one when that has taken the lease, and renews it by its own count', () => {
    const watch = new HolderWatch(at(4), OURS);
    looks(watch, 1, at(5));
    expect(looks(watch, 9, at(6, 'two'))).toBe('unknown');
    expect(looks(watch, 9, at(7, 'two'))).toBe('unknown');
    expect(looks(watch, 1, at(8, 'two'))).toBe('alive');
  });

  it.each([
    ['there is no lease', undefined],
    ['it was released', seen('gw-1', 5, { status: 'released' })],
    ['another gateway has found it lost', seen('gw-1', 5, { status: 'lost' })],
    ['what we wrote ourselves is stored late', at(5, OURS)],
  ])('is gone when %s', (_, lease) => {
    expect(looks(new HolderWatch(at(4), OURS), 1, lease)).toBe('gone');
  });

  it('is watched anew after a time in which the log was away', () => {
    const watch = new HolderWatch(at(4), OURS);
    looks(watch, 9, at(4));
    watch.forget();
    expect(looks(watch, 9, at(4))).toBe('unknown');
    expect(looks(watch, 1, at(4))).toBe('dead');
  });
});
