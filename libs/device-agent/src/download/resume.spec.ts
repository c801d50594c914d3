import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from './resume.js';

const size = 1_000;
const range = (text: string) => ({ status: 206, 'content-range': text });

describe('a response to the bytes from 400 on', () => {
  it.each([
    ['the rest', range('bytes 400-999/1000'), 'append'],
    ['the rest, of unknown total', range('bytes 400-999/*'), 'append'],
    ['another part', range('bytes 0-999/1000'), 'start-anew'],
    ['a part without saying which', { status: 206 }, 'start-anew'],
    ['a smaller part of it', range('bytes 400-499/1000'), 'append'],
    ['a part of another image', range('bytes 400-1999/2000'), 'strange'],
    ['a part past its end', range('bytes 400-1000/*'), 'strange'],
    ['a part that ends before it begins', range('bytes 400-399/1000'), 'strange'],
    ['a part of another length than it says', { ...range('bytes 400-999/1000'), 'content-length': '25' }, 'strange'],
    ['the rest, compressed', { ...range('bytes 400-999/1000'), 'content-encoding': 'gzip' }, 'strange'],
    ['the rest, as it is', { ...range('bytes 400-999/1000'), 'content-encoding': 'Identity' }, 'append'],
    ['all, since it knows no Range', { status: 200, 'content-length': '1000' }, 'rewind'],
    ['a page of another length', { status: 200, 'content-length': '999' }, 'strange'],
    ['all, compressed', { status: 200, 'content-length': '1000', 'content-encoding': 'gzip' }, 'strange'],
    ['nothing there', { status: 416 }, 'start-anew'],
    ['an expired URL', { status: 403 }, 'refused'],
    ['no credentials', { status: 401 }, 'refused'],
    ['no such object', { status: 404 }, 'refused'],
    ['too busy', { status: 503 }, 'cut'],
    ['too many', { status: 429 }, 'cut'],
    ['a redirect that was not followed', { status: 302 }, 'strange'],
    ['another success', { status: 204 }, 'strange'],
  ])('that is %s', (_name, head, type) => {
    expect(judge(head, 400, size).type).toBe(type);
  });
});

describe('a response to a request for all', () => {
  it.each([
    ['another part', range('bytes 400-999/1000')],
    ['a part without saying which', { status: 206 }],
    ['nothing to be had', { status: 416 }],
  ])('that is %s is strange, since asking again for all brings no more', (_name, head) => {
    expect(judge(head, 0, size).type).toBe('strange');
  });
});

describe('any response', () => {
  it('appends only where it says that it continues what is here', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: size }),
        fc.nat({ max: size }),
        fc.integer({ min: 1, max: 2 * size }),
        (offset, start, total) => {
          const verdict = judge(range(`bytes ${start}-${total - 1}/${total}`), offset, size);
          expect(verdict.type === 'append').toBe(start === offset && total === size);
        },
      ),
    );
  });

  it('appends a whole body to nothing only', () => {
    expect(judge({ status: 200 }, 0, size).type).toBe('append');
    expect(judge({ status: 200 }, 1, size).type).toBe('rewind');
  });
});
