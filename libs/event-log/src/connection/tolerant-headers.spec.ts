import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePlain } from './tolerant-headers.js';

const name = fc.stringMatching(/^[\x21-\x39\x3b-\x7e]{1,12}$/);
const value = fc.string({ unit: 'binary', maxLength: 20 }).map((text) =>
  text
    .toWellFormed()
    .replaceAll(/[\r\n]/g, '')
    .trim(),
);
const entries = fc.array(fc.tuple(name, value), { maxLength: 8 });
const lines = (...said: string[]): Buffer => Buffer.from(['NATS/1.0', ...said, '', ''].join('\r\n'));

describe('headers of a message', () => {
  it('are read as the client writes them', () => {
    fc.assert(
      fc.property(entries, (said) => {
        const written = new MsgHdrsImpl();
        for (const [one, of] of said) written.append(one, of);
        // Without any the client writes nothing at all.
        if (said.length > 0) expect([...(decodePlain(written.encode()) ?? [])]).toEqual([...written]);
      }),
    );
  });

  it('are read without blanks around a value, with all values of a name, and without what has no colon', () => {
    const read = decodePlain(lines('a:  1 ', 'b:x: y', 'nothing', 'a:2', 'c:'));
    expect([...(read ?? [])]).toEqual([
      ['a', ['1', '2']],
      ['b', ['x: y']],
      ['c', ['']],
    ]);
  });

  it.each([
    ['a status', Buffer.from('NATS/1.0 404 Not Found\r\n\r\n')],
    ['a name with a blank', lines('a: 1', 'b c: 2')],
    ['a value with a bare CR', lines('a: 1\r2')],
    ['a value with a bare LF', lines('a: 1\n2')],
    ['another beginning', Buffer.from('HTTP/1.1\r\na: 1\r\n\r\n')],
  ])('are left to the client with %s', (_, bytes) => {
    expect(decodePlain(bytes)).toBeUndefined();
  });
});
