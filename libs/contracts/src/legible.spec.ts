import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { legible } from './legible.js';

describe('a text that goes into an event', () => {
  it.each([
    ['NUL', 'a\u0000b', 'a\u{fffd}b'],
    ['half a surrogate pair', '\ud800x\udc00', '\u{fffd}x\u{fffd}'],
    ['an escape sequence of a terminal', '\u001b[2J', '\u{fffd}[2J'],
    ['a C1 control character', '\u009b2J', '\u{fffd}2J'],
    ['DEL', 'a\u007f', 'a\u{fffd}'],
    ['a form feed behind a backslash', '\\\f', '\\\u{fffd}'],
  ])('loses %s', (_, said, kept) => expect(legible({ deep: [{ said }] })).toEqual({ deep: [{ said: kept }] }));

  it('keeps everything else, and its length', () => {
    expect(legible('line 1\r\n\tü 𝄞 😀')).toBe('line 1\r\n\tü 𝄞 😀');
    const any = fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units));
    fc.assert(fc.property(any, (text) => legible(text).length === text.length && legible(text).isWellFormed()));
  });

  it('loses them in the names of members, too', () => {
    expect(legible({ 'a\u0000': 1 })).toEqual({ 'a\u{fffd}': 1 });
  });

  it('leaves what is no text alone', () => {
    const value = { n: 1.5, b: true, nothing: null, list: [1, [2]] };
    expect(legible(value)).toEqual(value);
  });
});
