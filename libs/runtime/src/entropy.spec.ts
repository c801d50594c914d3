import { describe, expect, it } from 'vitest';
import { integerBetween } from './entropy.js';
import { systemEntropy } from './system-entropy.js';

describe('the chance of this machine', () => {
  it('gives other values each time', () => {
    const draws = Array.from({ length: 100 }, () => [
      systemEntropy.uuid(),
      systemEntropy.random('spec'),
      systemEntropy.bytes(16, 'spec').toString('hex'),
    ]);
    expect(new Set(draws.flat()).size).toBe(300);
  });

  it('gives numbers from 0 on that are less than 1, and as many bytes as are wanted', () => {
    const numbers = Array.from({ length: 1_000 }, () => systemEntropy.random('spec'));
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(systemEntropy.bytes(5, 'spec')).toHaveLength(5);
  });
});

describe('an integer between two others', () => {
  it('is the first of them or more, and less than the second', () => {
    const drawn = [0, 0.49, 0.5, 0.999].map((value) => integerBetween({ random: () => value }, 10, 12, 'spec'));
    expect(drawn).toEqual([10, 10, 11, 11]);
  });
});
