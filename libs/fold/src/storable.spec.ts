import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storableJson } from './storable.js';

describe('the parameter of many rows', () => {
  it.each([
    ['NUL', 'a\0b', 'a\ufffdb'],
    ['half a surrogate pair', 'a\ud83db', 'a\ufffdb'],
    ['a NUL after a backslash', 'a\\\0b', 'a\\\ufffdb'],
    ['a whole pair', 'a\u{1f600}b', 'a\u{1f600}b'],
    ['a backslash before what looks like an escape', 'a\\u0000b', 'a\\u0000b'],
  ])('stores %s', (_, text, stored) => {
    expect(JSON.parse(storableJson([{ text }]))).toEqual([{ text: stored }]);
  });

  it('keeps everything else as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const stored = text.replaceAll('\0', '\ufffd').toWellFormed();
        expect(JSON.parse(storableJson([{ text }]))).toEqual([{ text: stored }]);
      }),
    );
  });
});
