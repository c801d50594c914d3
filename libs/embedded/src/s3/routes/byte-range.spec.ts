import { describe, expect, it } from 'vitest';
import { parseRange } from './byte-range.js';

describe('a Range header on an object of 100 bytes', () => {
  it.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=99-', { start: 99, end: 99 }],
    ['bytes=-1', { start: 99, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=50-1000', { start: 50, end: 99 }],
  ])('%s is a part of it', (header, range) => {
    expect(parseRange(header, 100)).toEqual(range);
  });
  it.each([undefined, '', 'bytes=-', 'bytes=9-0', 'bytes=0-1,5-6', 'items=0-1', 'bytes=a-b'])(
    '%s means the whole',
    (header) => {
      expect(parseRange(header, 100)).toBeUndefined();
    },
  );
  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('%s lies outside', (header) => {
    expect(() => parseRange(header, 100)).toThrow(expect.objectContaining({ code: 'InvalidRange' }));
  });
  it('lies outside an empty object, whatever it is', () => {
    for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-5'])
      expect(() => parseRange(header, 0)).toThrow(expect.objectContaining({ code: 'InvalidRange' }));
  });
});
