import { describe, expect, it } from 'vitest';
import { chance, pick, shuffle, weighted } from './chance.js';
import { CheckedDraws, RecordedDraws } from './draws.js';
import { SeededEntropy } from './seeded-entropy.js';

const drawsOf = (entropy: SeededEntropy, count = 100): number[] =>
  Array.from({ length: count }, () => entropy.random('spec'));

describe('chance from a seed', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(drawsOf(new SeededEntropy(7))).toEqual(drawsOf(new SeededEntropy(7)));
    expect(drawsOf(new SeededEntropy(7))).not.toEqual(drawsOf(new SeededEntropy(8)));
    expect(new SeededEntropy(7).uuid()).toBe(new SeededEntropy(7).uuid());
  });

  it('is spread evenly', () => {
    const buckets = new Array<number>(10).fill(0);
    for (const value of drawsOf(new SeededEntropy(1), 100_000)) buckets[Math.floor(value * 10)]! += 1;
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(new Set(new SeededEntropy(1).bytes(5_000, 'spec')).size).toBe(256);
  });

  it('makes UUIDs of version 4, no two alike', () => {
    const entropy = new SeededEntropy(1);
    const made = Array.from({ length: 1_000 }, () => entropy.uuid());
    expect(new Set(made).size).toBe(1_000);
    for (const uuid of made) expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it('has streams by name that do not shift one another, and go on where they were', () => {
    const [one, other] = [new SeededEntropy(3), new SeededEntropy(3)];
    drawsOf(one.child('a'), 17);
    drawsOf(one, 4);
    expect(drawsOf(one.child('b'))).toEqual(drawsOf(other.child('b')));
    expect(one.child('b').random('spec')).not.toBe(new SeededEntropy(3).child('b').random('spec'));
    expect(drawsOf(other.child('a').child('b'))).not.toEqual(drawsOf(new SeededEntropy(3).child('b')));
    expect(one.count).toBe(122);
  });
});

describe('a recording of draws', () => {
  const recorded = new RecordedDraws();
  const entropy = new SeededEntropy(1, recorded);
  entropy.random('first');
  entropy.child('dev_1').uuid();
  entropy.random('third');

  it('lets the same run through', () => {
    const checked = new CheckedDraws(recorded.draws);
    const again = new SeededEntropy(1, checked);
    again.random('first');
    again.child('dev_1').uuid();
    again.random('third');
    checked.end();
    expect(checked.diverged).toBeUndefined();
  });

  it('names the first draw that differs, and goes on to though somebody caught it', () => {
    const checked = new CheckedDraws(recorded.draws);
    const again = new SeededEntropy(1, checked);
    again.random('first');
    expect(() => again.random('other')).toThrow(/draw 2 was for "uuid" of dev_1 \(\d+\), and is for "other" \(\d+\)/);
    expect(() => again.child('dev_1').uuid()).toThrow('draw 2');
    expect(() => checked.end()).toThrow('draw 2');
  });

  it('misses what was not drawn', () => {
    const checked = new CheckedDraws(recorded.draws);
    new SeededEntropy(1, checked).random('first');
    expect(() => checked.end()).toThrow('draw 2 was for "uuid" of dev_1');
  });
});

describe('what is drawn', () => {
  it('happens as often as it should', () => {
    const entropy = new SeededEntropy(1);
    const times = Array.from({ length: 10_000 }, () => chance(entropy, 0.2, 'spec')).filter(Boolean).length;
    expect(Math.abs(times - 2_000)).toBeLessThan(150);
    expect([chance(entropy, 0, 'spec'), chance(entropy, 1, 'spec')]).toEqual([false, true]);
  });

  it('is one of those that there are, by weight', () => {
    const entropy = new SeededEntropy(1);
    const counts = { a: 0, b: 0, never: 0 };
    for (let n = 0; n < 10_000; n += 1) {
      counts[weighted(entropy, [['a', 3] as const, ['never', 0] as const, ['b', 1] as const], 'spec')] += 1;
    }
    expect(counts.never).toBe(0);
    expect(Math.abs(counts.a - 7_500)).toBeLessThan(200);
    expect(new Set(Array.from({ length: 50 }, () => pick(entropy, ['x', 'y'], 'spec')))).toEqual(new Set(['x', 'y']));
    expect(() => pick(entropy, [], 'spec')).toThrow(RangeError);
    expect(() => weighted(entropy, [['a', 0]], 'spec')).toThrow(RangeError);
  });

  it('comes in any order', () => {
    const entropy = new SeededEntropy(1);
    const orders = Array.from({ length: 200 }, () => shuffle(entropy, [1, 2, 3], 'spec').join(''));
    expect(new Set(orders).size).toBe(6);
  });
});
