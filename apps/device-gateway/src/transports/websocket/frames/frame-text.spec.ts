import { describe, expect, it } from 'vitest';
import { frameText } from './frame-text.js';

const details = (data: Buffer, isBinary = false): string[] =>
  frameText(data, isBinary).remarks.map(({ detail }) => detail);

describe('the text of a message', () => {
  it.each<[string, Buffer, string]>([
    ['as it should be', Buffer.from('{"a":"ü"}'), '{"a":"ü"}'],
    ['with a byte order mark', Buffer.from('\ufeff{}'), '{}'],
    ['that ends as in C', Buffer.from('{}\0\0'), '{}'],
    ['of nothing but NUL', Buffer.from('\0\0'), ''],
    ['that is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), '"\ufffd"'],
    ['that is cut within a character', Buffer.from([0x22, 0xc3]), '"\ufffd'],
  ])('%s', (_, data, text) => expect(frameText(data, false).text).toBe(text));

  it('has nothing said of it where it is as it should be', () => {
    expect(details(Buffer.from(`"${'x'.repeat(16_382)}"`))).toEqual([]);
  });

  it('has said of it what is wrong with it', () => {
    expect(details(Buffer.from('{}'), true)).toEqual(['frames are text']);
    expect(details(Buffer.alloc(16_385, 0x20))).toEqual(['a frame has at most 16384 bytes']);
    expect(details(Buffer.from([0x22, 0xff, 0x22]))).toEqual(['the frame is not UTF-8']);
  });

  it('does not take long, whatever it is', () => {
    // All but the last byte look as if they could be left out: to look again from each of them would take minutes.
    expect(frameText(Buffer.concat([Buffer.alloc(1_048_575), Buffer.from('x')]), false).text).toHaveLength(1_048_576);
  });
});
