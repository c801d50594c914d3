import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refused } from './errors.js';
import { JSON_DEPTH_MAX, isNestedDeeper, parseJson } from './json.js';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

function refusedBy(text: string | Uint8Array): string | undefined {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    return error instanceof Refused ? error.detail : String(error);
  }
}

describe('a JSON text from outside', () => {
  it('is read up to 32 levels, and refused beyond, however deep', () => {
    expect(parseJson(nested(JSON_DEPTH_MAX))).toBeDefined();
    for (const levels of [JSON_DEPTH_MAX + 1, 2_500, 500_000]) {
      expect(refusedBy(nested(levels))).toBe('the body is nested deeper than 32 levels');
      expect(refusedBy('{"a":'.repeat(levels))).toBe('the body is nested deeper than 32 levels');
    }
  });

  it('may hold brackets in its strings', () => {
    const text = JSON.stringify({ a: '['.repeat(100), '{{{{"': '\\"'.repeat(50) + '{'.repeat(100) });
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('is refused when it is no JSON, or no UTF-8', () => {
    expect(refusedBy('{')).toBe('the body is not JSON in UTF-8');
    expect(refusedBy(new Uint8Array([0x22, 0xff, 0x22]))).toBe('the body is not JSON in UTF-8');
  });

  it('is as deep as its values', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(6), (value, max) => {
        expect(isNestedDeeper(Buffer.from(JSON.stringify(value)), max)).toBe(depthOf(value) > max);
      }),
    );
  });
});
