import { describe, expect, it } from 'vitest';
import { beginningOf, isStorable } from './text.js';

describe('a text', () => {
  it.each(['', 'plain', 'two\nlines\tand a tab', 'é設備', '👍🏽', '\u001b[31mred'])('is storable: %j', (text) => {
    expect(isStorable(text)).toBe(true);
  });

  it.each(['\u0000', 'a\u0000b', '\ud800', 'a\udfffb', '\udc4d\ud83d'])('is not storable: %j', (text) => {
    expect(isStorable(text)).toBe(false);
    expect(isStorable({ list: [1, { [text]: null }] })).toBe(false);
    expect(isStorable([{ deep: [{ reason: text }] }])).toBe(false);
  });

  it('is cut between characters', () => {
    expect(beginningOf('abc', 2)).toBe('ab');
    expect(isStorable(beginningOf('a👍', 2))).toBe(true);
    expect(beginningOf('a👍', 3)).toBe('a👍');
  });
});

describe('a value', () => {
  it('may be wide and deep', () => {
    expect(isStorable(Array.from({ length: 10_000 }, (_, n) => ({ n: { m: [n, null, true] } })))).toBe(true);
    expect(isStorable(JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`))).toBe(true);
  });
});
