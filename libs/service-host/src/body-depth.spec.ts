import { describe, expect, it } from 'vitest';
import { isTooDeep } from './body-depth.js';

/** A list in a list in a list … */
const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

describe('a body', () => {
  it('may be as deep as the limit, be it wide', () => {
    expect(isTooDeep(nested(32))).toBe(false);
    expect(isTooDeep(Array.from({ length: 10_000 }, (_, n) => ({ n: { m: [n] } })))).toBe(false);
    for (const flat of [undefined, null, 5, 'x', {}, []]) expect(isTooDeep(flat)).toBe(false);
  });

  it('that is deeper is found without exhausting the stack', () => {
    expect(isTooDeep(nested(34))).toBe(true);
    expect(isTooDeep(nested(200_000))).toBe(true);
  });
});
