import { describe, expect, it } from 'vitest';
import { isDeeperThan } from './body-depth.js';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('the depth of a body', () => {
  it('may be the limit, and not one level more', () => {
    expect(isDeeperThan(32, nested(32))).toBe(false);
    expect(isDeeperThan(32, nested(33))).toBe(true);
  });

  it('counts objects and lists alike, wherever they are', () => {
    expect(isDeeperThan(3, { a: 1, b: [{ c: 'x' }] })).toBe(false);
    expect(isDeeperThan(3, { a: 1, b: [{ c: [] }] })).toBe(true);
  });

  it('of what has none is none', () => {
    for (const body of [undefined, null, 7, 'text', Buffer.from('x')]) expect(isDeeperThan(0, body)).toBe(false);
  });

  it('can be found out however deep the body is', () => {
    expect(isDeeperThan(32, nested(100_000))).toBe(true);
  });
});
